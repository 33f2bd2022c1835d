// What stands in a history where nothing is written: a line of the phone's own, which WhatsApp calls a stub, what the phone could not read itself, or
// that there was a message, which was revoked. Pure.
import { proto } from '@whiskeysockets/baileys'
import type { Body } from '../kinds/body.ts'
import { systemBody } from '../kinds/system-body.ts'

const { StubType } = proto.WebMessageInfo

const revokes: readonly (number | null | undefined)[] = [StubType.REVOKE, StubType.ADMIN_REVOKE]
/** The phone itself has no content of these. */
const unread: ReadonlySet<number> = new Set([
  ...[StubType.CIPHERTEXT, StubType.FUTUREPROOF, StubType.PAYMENT_CIPHERTEXT, StubType.PAYMENT_FUTUREPROOF],
  StubType.OVERSIZED,
])

/** Of an entry without content. The action of a stub is its name: `group-change-subject`. */
export function bodyInstead(info: proto.IWebMessageInfo, of: { isRevoked: boolean }): Body {
  const stub = stubOf(info)
  if (stub !== null && !unread.has(stub)) return systemBody(wordOf(stub), { params: info.messageStubParameters ?? [] })
  return of.isRevoked ? systemBody(wordOf(StubType.REVOKE)) : { kind: 'unknown', context: null }
}

/** Why an entry has no content; null: its stub stands for it. */
export function undecryptableOf(info: proto.IWebMessageInfo): string | null {
  const stub = stubOf(info)
  if (stub === null) return 'no-content'
  return unread.has(stub) ? wordOf(stub) : null
}

export const isRevoked = ({ messageStubType: stub, revokeMessageTimestamp: at }: proto.IWebMessageInfo): boolean =>
  revokes.includes(stub) || (at != null && String(at) !== '0')

const stubOf = ({ messageStubType: stub }: proto.IWebMessageInfo): number | null => stub || null

/** One that is newer than this version by its number. */
const wordOf = (stub: number): string => (StubType[stub] ?? `stub-${stub}`).toLowerCase().replaceAll('_', '-')
