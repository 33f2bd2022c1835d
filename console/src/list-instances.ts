// Every instance, newest first, page by page as the API hands them out. No DOM in here.
import type { Failure, Outcome } from './call-api.ts'
import type { Instance } from './instance-rows.ts'

const PAGE = 200
/** Beyond it the list says that it is not whole: a page is no place to look through more. */
export const MAX_LISTED = 5_000

export type Listed = { instances: readonly Instance[]; isWhole: boolean }

/** What came instead of a page ends it. */
export async function listInstances(
  get: (path: string, signal: AbortSignal) => Promise<Outcome>,
  signal: AbortSignal,
): Promise<{ kind: 'listed'; listed: Listed } | Failure> {
  const instances: Instance[] = []
  for (let cursor: string | null = null; ; ) {
    const outcome: Outcome = await get(pagePath(cursor), signal)
    if (outcome.kind !== 'answer') return outcome
    const { data, nextCursor } = outcome.body as { data: Instance[]; nextCursor: string | null }
    instances.push(...data)
    if (nextCursor === null || instances.length >= MAX_LISTED)
      return { kind: 'listed', listed: { instances, isWhole: nextCursor === null } }
    cursor = nextCursor
  }
}

const pagePath = (cursor: string | null): string =>
  `/v1/instances?limit=${PAGE}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
