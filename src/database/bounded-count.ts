// Counts that cost the same however much there is: up to a most, which whoever asks says.

/** How many rows there are, up to `most`: a limit that the planner does not know, so that it walks along an index instead of sorting. */
export const boundedCount = (rows: string, most: number): string =>
  `(select count(*)::integer from (select ${rows} limit (select ${most})) counted)`

/** What answers of the API count up to. */
export const MOST_SHOWN = 10_000
export const mostShown = MOST_SHOWN.toLocaleString('en')
/** For descriptions of what is counted so. */
export const upToMostShown = `${mostShown} and more as ${MOST_SHOWN}`
