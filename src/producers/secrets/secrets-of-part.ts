// What a stanza part has to do with secrets: those that its messages bring, and those of the messages that it is about, which open what came
// sealed and say whose those are; each under the chat and the author as the instance knows them, for one stanza has the LID alone and the next
// the phone number.
import type { KnownSecrets } from '../../convert/convert-message.ts'
import type { Ignores, Offer } from '../../convert/draft.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import type { Read } from '../../convert/read-message.ts'
import type { Recovered } from '../../convert/recovered-messages.ts'
import { type BroughtSecret, type MessageSecret, secretBroughtBy } from '../../convert/sealed/message-secret.ts'
import { shownChatOf } from '../../convert/stanza-identity.ts'
import { targetOf } from '../../convert/target-of.ts'
import { type SealedMessages, type Unopened, unopenedAmong } from './sealed-messages.ts'
import type { MessageSecrets } from './secrets.ts'

export type SecretsOfPart = {
  /** Rejects only with the socket's end, as what it answers. */
  knownFor(read: Read): Promise<KnownSecrets>
  /**
   * Begins to keep what its messages bring, and those that do not open, as `offers` say, but for chats that are ignored; nobody has to listen
   * to `durable`. What they open is told beside it: it is kept until then, and whoever dies before opens it at the next session.
   */
  keep(read: Read, offers: readonly Offer[]): Promise<{ durable: Promise<void> }>
}
type Deps = {
  secrets: Pick<MessageSecrets, 'keep' | 'find'>
  sealed: Pick<SealedMessages, 'keep' | 'openWith'>
  known: Pick<KnownAddresses, 'complete'>
  ignores: Ignores
}

export function createSecretsOfPart({ secrets, sealed, known, ignores }: Deps): SecretsOfPart {
  async function chatsOf({ origin }: Recovered): Promise<readonly string[]> {
    const { id, pn } = await known.complete(shownChatOf(origin.stanza))
    return pn === null ? [id] : [id, pn]
  }

  async function find(one: Recovered): Promise<readonly MessageSecret[]> {
    const messageId = targetOf(one.message)
    return messageId === null ? [] : secrets.find({ chats: await chatsOf(one), messageId })
  }

  async function complete(brought: BroughtSecret): Promise<BroughtSecret> {
    return { ...brought, chat: await known.complete(brought.chat), author: await known.complete(brought.author) }
  }

  return {
    knownFor: async ({ messages }) => {
      const found = new Map<Recovered, readonly MessageSecret[]>()
      for (const one of messages) found.set(one, await find(one))
      return one => found.get(one) ?? []
    },
    keep: async ({ messages }, offers) => {
      const isKept = ({ origin }: Recovered) => !ignores(origin.stanza.chat.id)
      const unopened: Unopened[] = []
      for (const one of unopenedAmong(messages, offers))
        if (isKept(one.one)) unopened.push({ ...one, chats: await chatsOf(one.one) })
      const brought: BroughtSecret[] = []
      for (const one of messages) {
        const secret = isKept(one) ? secretBroughtBy(one) : null
        if (secret !== null) brought.push(await complete(secret))
      }
      // In this order: of what comes together one may open the other.
      const kept = sealed.keep(unopened)
      const keeping = secrets.keep(brought)
      const durable = Promise.all([kept, keeping]).then(() => undefined)
      durable.catch(() => undefined)
      keeping.then(() => sealed.openWith(brought)).catch(() => undefined) // ended with the socket
      return { durable }
    },
  }
}
