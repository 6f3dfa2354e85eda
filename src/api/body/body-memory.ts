/** Memory budget that the bodies of all requests share: each counts from its first byte until its request is answered. */

/** Share of the budget that one caller may use. */
const SHARE_OF_ONE = 0.5;

export type Held = {
  /** @returns whether the budget had room for so many more bytes */
  grow(bytes: number): boolean;
  /** The request is answered, or gone. */
  release(): void;
};

/** @param maxBytes budget for all requests together */
export function createBodyMemory(maxBytes: number): (callerId: string) => Held {
  let total = 0;
  const callers = new Map<string, number>();
  return (callerId) => {
    let heldBytes = 0;
    let isReleased = false;
    const add = (bytes: number) => {
      heldBytes += bytes;
      total += bytes;
      const sum = (callers.get(callerId) ?? 0) + bytes;
      if (sum === 0) callers.delete(callerId);
      else callers.set(callerId, sum);
    };
    return {
      grow(bytes) {
        const ofCaller = (callers.get(callerId) ?? 0) + bytes;
        if (isReleased || total + bytes > maxBytes || ofCaller > maxBytes * SHARE_OF_ONE) return false;
        add(bytes);
        return true;
      },
      release() {
        if (!isReleased) add(-heldBytes);
        isReleased = true;
      },
    };
  };
}
