/** Tells errors about data from others. */

/**
 * Whether the error says that a value is not what a statement can work with, rather than that the statement is wrong or the
 * database away: classes 22 (data exception) and 23 (integrity constraint) of SQLSTATE.
 */
export function isDataError(error: unknown): boolean {
  return /^2[23]/.test((error as { code?: string } | null)?.code ?? '');
}
