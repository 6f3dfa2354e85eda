/** Texts of the catalogue of event types. */
export const eventTypes = {};
