/** Caches one answer for a moment; callers that ask at the same time share one request. */

/**
 * @param forMs how long an answer is kept, counted from its arrival; an error is never kept
 * @param isKept whether to keep this answer; default: every one
 */
export function brieflyCached<Answer>(
  forMs: number,
  ask: () => Promise<Answer>,
  isKept: (answer: Answer) => boolean = () => true,
): () => Promise<Answer> {
  let underWay: Promise<Answer> | null = null;
  let last: { answer: Answer; untilMs: number } | null = null;

  async function find(): Promise<Answer> {
    try {
      const answer = await ask();
      last = isKept(answer) ? { answer, untilMs: performance.now() + forMs } : null;
      return answer;
    } finally {
      underWay = null;
    }
  }
  return async () => {
    if (last !== null && performance.now() < last.untilMs) return last.answer;
    underWay ??= find();
    return underWay;
  };
}
