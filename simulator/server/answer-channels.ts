// What a companion asks of channels by GraphQL (w:mex): it follows or mutes one, or no longer.
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Companion } from '../accounts/world.ts'
import { attr, bytes, child, node } from '../connection/stanza.ts'

type Does = { path: string; now: Partial<{ isFollowed: boolean; isMuted: boolean }> }

/** Baileys' QueryIds and XWAPaths. */
const queries: Readonly<Record<string, Does>> = {
  '24404358912487870': { path: 'xwa2_newsletter_join_v2', now: { isFollowed: true } },
  '9767147403369991': { path: 'xwa2_newsletter_leave_v2', now: { isFollowed: false } },
  '29766401636284406': { path: 'xwa2_newsletter_mute_v2', now: { isMuted: true } },
  '9864994326891137': { path: 'xwa2_newsletter_unmute_v2', now: { isMuted: false } },
}

/** Any channel is there but those whose id ends in 404. Every other query is answered with nothing. */
export function answerMex({ account }: Companion, iq: BinaryNode): BinaryNode[] | undefined {
  const query = child(iq, 'query')
  const does = queries[attr(query, 'query_id')]
  if (does === undefined) return undefined
  const { newsletter_id: id } = JSON.parse(bytes(query).toString()).variables
  if (/404@newsletter$/.test(id)) return [result({ errors: [{ message: 'NOT_FOUND', extensions: { error_code: 404 } }] })]
  const before = account.channels.get(id) ?? { isFollowed: false, isMuted: false }
  account.channels.set(id, { ...before, ...does.now })
  return [result({ data: { [does.path]: { id } } })]
}

const result = (answer: object): BinaryNode => node('result', {}, Buffer.from(JSON.stringify(answer)))
