// What an operation makes old of what was read of WhatsApp before it. Pure.
import { z } from 'zod'
import type { OwnAddresses } from '../../convert/jid.ts'
import { type BodyOf, isOperation, type Operation, operations } from '../../events/operations.ts'
import type { Outcome } from '../../instances/commands.ts'
import type { ClaimedCommand } from '../../instances/commands-claimed.ts'
import { theAccount } from '../../instances/socket-answers.ts'
import type { Question } from '../../instances/socket-reads.ts'

export type Outdated = Omit<Question, 'instanceId'>
/** `result`: what WhatsApp answered. */
type By<Body> = (body: Body, of: { own: OwnAddresses; result: unknown }) => readonly Outdated[]

/** Of one that is tried, whatever comes of it: what it did not change is read once more. `outcome` null: it has none yet. */
export function outdatedByCommand(
  { operation, body }: Pick<ClaimedCommand, 'operation' | 'body'>,
  outcome: Outcome | null,
  own: OwnAddresses,
): readonly Outdated[] {
  if (!isOperation(operation)) return []
  const parsed = operations[operation].safeParse(body)
  return parsed.success ? byOf(operation)(parsed.data, { own, result: resultOf(outcome) }) : []
}

const resultOf = (outcome: Outcome | null): unknown =>
  outcome?.type === 'command.completed' && outcome.result !== undefined ? JSON.parse(outcome.result) : null

/** Its body is parsed by the shape of the same name. */
const byOf = (name: Operation) => byOperation[name] as By<unknown>

export const privacy: Outdated = { kind: 'privacy', subject: theAccount }
export const blocklist: Outdated = { kind: 'blocklist', subject: theAccount }
export const about = (subject: string): Outdated => ({ kind: 'about', subject })
export const group = (subject: string): Outdated => ({ kind: 'group', subject })
export const pictures = (subject: string): readonly Outdated[] => [
  { kind: 'picture', subject },
  { kind: 'picture-preview', subject },
]
/** By both addresses: whoever asks may have named either. */
export const itself = ({ pn, lid }: OwnAddresses): readonly string[] => [pn, lid].filter(one => one !== null)

const nothing = () => []
const ofGroup = ({ groupId }: { groupId: string }) => [group(groupId)]
const withGroup = z.object({ groupId: z.string() })
function groupIn(_body: unknown, { result }: { result: unknown }): readonly Outdated[] {
  const found = withGroup.safeParse(result)
  return found.success ? ofGroup(found.data) : []
}

const byOperation: { readonly [Name in Operation]: By<BodyOf<Name>> } = {
  'call.reject': nothing,
  'channel.follow': nothing,
  'channel.mute': nothing,
  'chat.change': nothing,
  'chat.clear': nothing,
  'chat.delete': nothing,
  'chat.history': nothing,
  'chat.label': nothing,
  'chat.played': nothing,
  'chat.read': nothing,
  'chat.typing': nothing,
  'contact.block': () => [blocklist],
  'contact.remove': nothing,
  'contact.save': nothing,
  'group.answer-join-requests': ofGroup,
  'group.change-participants': ofGroup,
  'group.create': groupIn,
  'group.join': groupIn,
  'group.leave': ofGroup,
  'group.read-invite-link': nothing,
  'group.read-join-requests': nothing,
  'group.refresh': ofGroup,
  'group.revoke-invite-link': nothing,
  'group.set-picture': ({ groupId }) => pictures(groupId),
  'group.update': ofGroup,
  'label.change': nothing,
  'message.star': nothing,
  'presence.set': nothing,
  'presence.subscribe': nothing,
  'privacy.change': () => [privacy],
  'profile.change': (_body, { own }) => itself(own).map(about),
  'profile.picture': (_body, { own }) => itself(own).flatMap(pictures),
}
