// What came sealed with another message's secret, as what it is: opened before it is in the log, or message.undecryptable where the secret is not
// known or does not open it. Its bytes stay those that came. Pure.
import { proto } from '@whiskeysockets/baileys'
import { assertNever } from '../../events/event.ts'
import { authorityToEdit, isSender, type MessageOrigin } from '../authority.ts'
import { envelopeOf, type Offer, unknownDraft } from '../draft.ts'
import { bareJid } from '../jid.ts'
import { eventAnswer } from '../kinds/event.ts'
import { messageDraft } from '../message-draft.ts'
import type { Recovered } from '../recovered-messages.ts'
import type { Address } from '../stanza-identity.ts'
import { unwrapMessage } from '../unwrap-message.ts'
import { chosenOf, namesByHash } from './chosen-options.ts'
import type { MessageSecret } from './message-secret.ts'
import { openSeal, type Seal, sealIn } from './seal.ts'

/** A message that can be read: as it came, or opened with a secret. `bytes` are those that it was decoded from. */
export type Content = { message: proto.IMessage; bytes: Uint8Array }
/**
 * `known`: what is known under the id of its target in its chat. `convert`: of a message as if it had come in clear; `parentMessageId`: of what it
 * belongs to.
 */
type Of = { known: readonly MessageSecret[]; convert(content: Content, parentMessageId?: string): Offer }
type Opened = { bytes: Buffer; by: MessageSecret }

const { Type } = proto.Message.ProtocolMessage
/** Whoever is in the group may write under the same id; the author that is named comes first. */
const maxTried = 8

/** null: nothing in it is sealed. */
export function convertSealed({ message, origin }: Pick<Recovered, 'message' | 'origin'>, { known, convert }: Of): Offer | null {
  const seal = sealIn(unwrapMessage(message).content)
  if (seal === null) return null
  const isEdit = seal.name === 'Message Edit' || seal.name === 'Event Edit'
  const authors = known.map(({ author }) => author)
  if (isEdit && !authorityToEdit(seal.target, authors, origin).isGranted)
    return unknownDraft(origin, 'message: edit without authority')
  const opened = openWith(isEdit ? known.filter(({ author }) => isSender(author, origin)) : known, seal, origin)
  if (opened === null) return noSecret(seal, origin)
  try {
    return convertOpened(seal, opened, { origin, convert }) ?? unknownDraft(origin, `message: ${seal.name}, of another kind`)
  } catch (error) {
    return unknownDraft(origin, `message: ${seal.name}, unreadable, ${error instanceof Error ? error.name : 'Error'}`)
  }
}

/** Its own place in the part: the same part, encrypted so that it could not be read at first, may have been told of already. */
const noSecret = ({ name, target }: Seal, origin: MessageOrigin): Offer => ({
  ...envelopeOf('message.undecryptable', { ...origin, ordinal: { ...origin.ordinal, index: 1 } }),
  reason: 'no-secret',
  encryption: name,
  targetMessageId: target.id,
  senderName: origin.stanza.senderName,
  isGroup: origin.stanza.isGroup,
})

/** Its sender had two addresses to name itself and the author by: GCM refuses the wrong pairs. */
function openWith(known: readonly MessageSecret[], seal: Seal, { stanza, aliases }: MessageOrigin): Opened | null {
  const named = seal.target.participant ? bareJid(seal.target.participant) : null
  const isNamed = ({ author }: MessageSecret) => Number(author.id === named || author.pn === named)
  const modifiers = addressesOf(stanza.sender, ...aliases)
  for (const by of known.toSorted((one, other) => isNamed(other) - isNamed(one)).slice(0, maxTried))
    for (const author of addressesOf(by.author))
      for (const modifier of modifiers) {
        const bytes = openSeal(seal, by.secret, { author, modifier })
        if (bytes !== null) return { bytes, by }
      }
  return null
}

const addressesOf = ({ id, pn }: Address, ...others: readonly string[]): readonly string[] => [
  ...new Set([id, ...(pn === null ? [] : [pn]), ...others]),
]

/** null: what was in it is nothing that is sealed so. */
function convertOpened(seal: Seal, { bytes, by }: Opened, { origin, convert }: Pick<Of, 'convert'> & Pick<Recovered, 'origin'>) {
  const { name, target } = seal
  switch (name) {
    case 'Poll Vote':
      return vote(proto.Message.PollVoteMessage.decode(bytes), by, { target, origin })
    case 'Event Response':
      return messageDraft(
        eventAnswer(proto.Message.EventResponseMessage.decode(bytes)),
        { ...unwrapMessage({}), parentMessageId: target.id },
        origin,
      )
    case 'Enc Reaction': {
      const { text } = proto.Message.ReactionMessage.decode(bytes)
      return convert({ message: { reactionMessage: { key: target, text: text ?? '' } }, bytes })
    }
    case 'Enc Comment':
      return messageOrNone(convert({ message: proto.Message.decode(bytes), bytes }, target.id))
    case 'Message Edit':
    case 'Event Edit': {
      const editedMessage = editedIn(proto.Message.decode(bytes))
      // Which message it is was said outside: whatever the inside says, the secret was that one's.
      const edit = { protocolMessage: { type: Type.MESSAGE_EDIT, key: target, editedMessage } }
      return editedMessage && convert({ message: edit, bytes })
    }
    default:
      return assertNever(name)
  }
}

type About = Pick<Seal, 'target'> & Pick<Recovered, 'origin'>

function vote({ selectedOptions }: proto.Message.IPollVoteMessage, by: MessageSecret, { target, origin }: About): Offer {
  return {
    ...envelopeOf('poll.voted', origin),
    targetMessageId: target.id,
    targetSenderId: by.author.id,
    ...chosenOf(selectedOptions, namesByHash(by.options)),
    senderName: origin.stanza.senderName,
    isGroup: origin.stanza.isGroup,
  }
}

const messageOrNone = (offer: Offer): Offer | null =>
  offer.type === 'message.received' || offer.type === 'message.sent' ? offer : null

/** Phones wrap it as an edit in clear; of events the event alone was seen as well. null: it is no edit. */
function editedIn(message: proto.IMessage): proto.IMessage | null {
  const { protocolMessage: change, eventMessage } = unwrapMessage(message).content
  if (change) return change.type === Type.MESSAGE_EDIT ? (change.editedMessage ?? null) : null
  return eventMessage ? { eventMessage } : null
}
