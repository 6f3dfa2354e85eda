/** Types of internal-errors.js, which runs without a build. */
export function internalErrors(url: string): Promise<string | null>;
