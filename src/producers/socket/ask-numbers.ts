// Who is on WhatsApp, of up to 50 numbers in one question. Baileys' own (onWhatsApp of lib/Socket/socket.js) does not say which answer is whose,
// where WhatsApp has an account under another spelling of its number.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { digitsOf } from '../../convert/jid.ts'
import { childOf, childrenOf, textIn } from '../../convert/notifications/nodes.ts'
import type { SaidOf } from '../../instances/socket-answers.ts'
import type { Acting } from './acting.ts'

export type NumberAnswer = { said: SaidOf<'number'> } | { code: string }

/** `numbers`: digits. Rejects where WhatsApp does not answer, or refuses. */
export async function askNumbers(acting: Acting, numbers: readonly string[]): Promise<ReadonlyMap<string, NumberAnswer>> {
  const answered = await acting.query(questionOf(numbers, acting.generateMessageTag()))
  const list = childOf(childOf(answered, 'usync') ?? answered, 'list')
  const found = new Map<string, NumberAnswer>()
  for (const user of list === null ? [] : childrenOf(list)) {
    const contact = childOf(user, 'contact')
    if (contact === null) continue
    // What was asked for, as it was asked (whatsmeow user.go, IsOnWhatsApp).
    const asked = textIn(contact).replace(/\D/g, '') || digitsOf(user.attrs.jid ?? '')
    found.set(asked, answerOf(user, contact))
  }
  return found
}

function answerOf(user: BinaryNode, contact: BinaryNode): NumberAnswer {
  const code = childOf(contact, 'error')?.attrs.code
  return code === undefined ? { said: contact.attrs.type === 'in' ? personIn(user) : nobody } : { code }
}

const nobody: SaidOf<'number'> = { onWhatsApp: false, id: null, pn: null }

function personIn(user: BinaryNode): SaidOf<'number'> {
  const pn = user.attrs.jid ?? null
  return { onWhatsApp: true, id: childOf(user, 'lid')?.attrs.val ?? pn, pn }
}

function questionOf(numbers: readonly string[], sid: string): BinaryNode {
  const users = numbers.map(number => ({
    tag: 'user',
    attrs: {},
    content: [{ tag: 'contact', attrs: {}, content: `+${number}` }],
  }))
  const query = ['contact', 'lid'].map(tag => ({ tag, attrs: {} }))
  return {
    tag: 'iq',
    attrs: { to: 's.whatsapp.net', type: 'get', xmlns: 'usync' },
    content: [
      {
        tag: 'usync',
        attrs: { context: 'interactive', mode: 'query', sid, last: 'true', index: '0' },
        content: [
          { tag: 'query', attrs: {}, content: query },
          { tag: 'list', attrs: {}, content: users },
        ],
      },
    ],
  }
}
