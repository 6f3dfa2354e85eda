/** Keeps what is not Arabic together, so that the text around it does not reorder its signs and numbers. */

/** Code, which is read from left to right. */
export const ltr = (code: string) => `\u2066${code}\u2069`;

/** A name, whose first letter decides how it is read. */
export const name = (text: string) => `\u2068${text}\u2069`;
