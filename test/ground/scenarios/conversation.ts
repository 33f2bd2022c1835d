// What scenarios have contacts write: texts that tell their chat and their place in it, in an order known beforehand.
import type { Contact } from '../../../simulator/accounts/accounts.ts'
import { text } from '../../../simulator/accounts/content.ts'
import type { Stage } from './stage.ts'

export type Sent = { chat: string; messageId: string; text: string }
export type Conversation = {
  /** The contacts write in turns, `total` messages together. Resolves once all are queued at WhatsApp. */
  write(total: number): Promise<readonly Sent[]>
  /** One message of this contact. */
  say(contact: Contact): Promise<Sent>
  /** One that was written otherwise. */
  note(one: Sent): void
  /** Everything written so far, in order. */
  sent: readonly Sent[]
  contacts: readonly Contact[]
}

/** `first` tells conversations apart: their contacts' numbers count from there, 10 to 99. */
export function openConversation(
  { simulator, device }: Pick<Stage, 'simulator' | 'device'>,
  { chats, first = 10 }: { chats: number; first?: number },
): Conversation {
  const contacts = Array.from({ length: chats }, (_, n) => simulator.contact({ pn: `55119000000${first + n}` }))
  const sent: Sent[] = []
  const said = new Map<string, number>()

  async function say(contact: Contact): Promise<Sent> {
    const place = (said.get(contact.pn) ?? 0) + 1
    said.set(contact.pn, place)
    const body = `${contact.pn} says ${place}`
    const one = { chat: contact.lidJid, messageId: await device.send(contact, text(body)), text: body }
    sent.push(one)
    return one
  }

  return {
    contacts,
    sent,
    say,
    note: one => void sent.push(one),
    write: async total => {
      const turns = Array.from({ length: total }, (_, n) => contacts[(sent.length + n) % chats])
      const written: Sent[] = []
      for (const contact of turns) if (contact !== undefined) written.push(await say(contact))
      return written
    },
  }
}
