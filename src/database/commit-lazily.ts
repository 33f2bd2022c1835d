// For a statement on which no promise rests by itself: its commit is seen by everybody at once, and not waited for on the disk.

/**
 * SQL, a value that has to be selected from a row that there always is. What such a commit changed is on the disk with the next commit of
 * anybody that is waited for: whoever sees it and goes on from it builds on nothing that can be lost alone. A death of Postgres undoes it at
 * most, one of ours never. Of the statement's transaction, and so of a Database's statement alone.
 */
export const committingLazily = `set_config('synchronous_commit', 'off', true)`

/** The same where `condition` holds, which is SQL. */
export const committingLazilyIf = (condition: string): string => `case when ${condition} then ${committingLazily} end`
