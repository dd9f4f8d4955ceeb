export const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** In minutes of the day: hour, minute, hour, minute. */
export const HOURS = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/;

/** A permit's window is said in dates of the site's zone, not in instants. */
export const isDated = (permit: { readonly from: string }): boolean => DATE.test(permit.from);
