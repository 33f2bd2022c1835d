// What a stanza part has to do with secrets: those that its messages bring, and those that what came sealed in it takes; each under the chat
// and the author as the instance knows them, for one stanza has the LID alone and the next the phone number.
import type { KnownSecrets } from '../../convert/convert-message.ts'
import type { Ignores } from '../../convert/draft.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import type { Read } from '../../convert/read-message.ts'
import type { Recovered } from '../../convert/recovered-messages.ts'
import { type BroughtSecret, type MessageSecret, secretBroughtBy } from '../../convert/sealed/message-secret.ts'
import { sealIn } from '../../convert/sealed/seal.ts'
import { shownChatOf } from '../../convert/stanza-identity.ts'
import { unwrapMessage } from '../../convert/unwrap-message.ts'
import type { MessageSecrets } from './secrets.ts'

export type SecretsOfPart = {
  /** Rejects only with the socket's end, as what it answers. */
  knownFor(read: Read): Promise<KnownSecrets>
  /** Begins to keep what its messages bring, but for chats that are ignored; nobody has to listen to `durable`. */
  keep(read: Read): Promise<{ durable: Promise<void> }>
}
type Deps = { secrets: MessageSecrets; known: Pick<KnownAddresses, 'complete'>; ignores: Ignores }

export function createSecretsOfPart({ secrets, known, ignores }: Deps): SecretsOfPart {
  async function find({ message, origin }: Recovered): Promise<readonly MessageSecret[]> {
    const seal = sealIn(unwrapMessage(message).content)
    if (seal === null) return []
    const { id, pn } = await known.complete(shownChatOf(origin.stanza))
    return secrets.find({ chats: pn === null ? [id] : [id, pn], messageId: seal.target.id })
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
    keep: async ({ messages }) => {
      const brought: BroughtSecret[] = []
      for (const one of messages) {
        const secret = ignores(one.origin.stanza.chat.id) ? null : secretBroughtBy(one)
        if (secret !== null) brought.push(await complete(secret))
      }
      const durable = secrets.keep(brought)
      durable.catch(() => undefined)
      return { durable }
    },
  }
}
