// Instants as calendars, JSON and Postgres can hold them: a sender's clock says what it likes, and stops nobody.

const EARLIEST_AT = 0
const LATEST_AT = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** ISO 8601 in UTC with milliseconds; what no calendar holds becomes its nearest end, 1970 or 9999. */
export const isoInstant = (at: number): string => new Date(Math.min(Math.max(at, EARLIEST_AT), LATEST_AT)).toISOString()
