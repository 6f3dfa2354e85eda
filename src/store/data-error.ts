/** Recognises errors that stored or given data cause. */

/**
 * Whether a value caused the error, rather than a wrong statement or a database that is away: classes 22 (data exception) and 23
 * (integrity constraint) of SQLSTATE.
 */
export function isDataError(error: unknown): boolean {
  return /^2[23]/.test((error as { code?: string } | null)?.code ?? '');
}
