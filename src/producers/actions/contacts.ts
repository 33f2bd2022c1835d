// What is done about a person.
import { type BinaryNode, proto, type WAPatchCreate } from '@whiskeysockets/baileys'
import { digitsOf, isLid, isPn } from '../../convert/jid.ts'
import type { BodyOf } from '../../events/operations.ts'
import type { Acting } from '../socket/acting.ts'
import { askNumbers } from '../socket/ask-numbers.ts'
import type { Action } from './action.ts'
import { type Addresses, addressesOf } from './addresses.ts'
import { ask } from './ask.ts'
import { patchAppState } from './patch-app-state.ts'
import { ActionRefused } from './refusal.ts'

const block: Action<BodyOf<'contact.block'>> = {
  pace: 'changes',
  perform: async (acting, { personId, on }) => {
    const { pn, lid } = await askedAddresses(acting, personId)
    if (lid === null) throw new ActionRefused('WhatsApp has told the account no other address than a number of this person.')
    if (on && pn === null) throw new ActionRefused(numberUnknown('nobody is blocked'))
    const attrs = { action: on ? 'block' : 'unblock', jid: lid, ...(on && pn !== null && { pn_jid: pn }) }
    await order(acting, { tag: 'item', attrs })
    return null
  },
  afterSilence: async (acting, { personId, on }) => {
    const blocked = await acting.fetchBlocklist()
    const { pn, lid } = await askedAddresses(acting, personId)
    return [pn, lid].some(name => name !== null && blocked.includes(name)) === on
      ? { isDone: true, result: null }
      : { isDone: false }
  },
}

/** As updateBlockStatus of Baileys' lib/Socket/chats.js, which looks for the addresses among its own alone. */
const order = (acting: Acting, item: BinaryNode): Promise<BinaryNode> =>
  ask(acting, { tag: 'iq', attrs: { xmlns: 'blocklist', to: 's.whatsapp.net', type: 'set' }, content: [item] })

/** A number that the account does not know is asked for; WhatsApp may have it under another one. */
async function askedAddresses(acting: Acting, personId: string): Promise<Addresses> {
  const known = await addressesOf(acting, personId)
  if (!isPn(personId) || known.lid !== null) return known
  const answer = (await askNumbers(acting, [digitsOf(personId)])).get(digitsOf(personId))
  if (answer === undefined || 'code' in answer)
    throw new Error('asking who has a number: expected an answer of WhatsApp, got none')
  const { onWhatsApp, id, pn } = answer.said
  if (!onWhatsApp) throw new ActionRefused('Nobody is on WhatsApp under this number.', { reason: 'not-on-whatsapp' })
  return { pn, lid: id !== null && isLid(id) ? id : null }
}

const save: Action<BodyOf<'contact.save'>> = {
  pace: 'changes',
  perform: async (acting, { personId, name, firstName, onPhone }, at) => {
    const { pn, lid } = await numberOf(acting, personId)
    const contactAction = {
      fullName: name,
      firstName: firstName ?? name.split(/\s+/, 1)[0] ?? name,
      saveOnPrimaryAddressbook: onPhone,
      ...(lid !== null && { lidJid: lid }),
    }
    await patchAppState(acting, contactPatch(pn, { contactAction, timestamp: at }, SET))
    return null
  },
  afterSilence: 'again',
}

const remove: Action<BodyOf<'contact.remove'>> = {
  pace: 'changes',
  perform: async (acting, { personId }, at) => {
    const { pn } = await numberOf(acting, personId)
    await patchAppState(acting, contactPatch(pn, { contactAction: {}, timestamp: at }, REMOVE))
    return null
  },
  afterSilence: 'again',
}

const { SET, REMOVE } = proto.SyncdMutation.SyncdOperation

/** As phones write it (whatsmeow appstate/encode.go): by number. */
const contactPatch = (
  pn: string,
  syncAction: WAPatchCreate['syncAction'],
  operation: WAPatchCreate['operation'],
): WAPatchCreate => ({
  type: 'critical_unblock_low',
  apiVersion: 2,
  index: ['contact', pn],
  syncAction,
  operation,
})

async function numberOf(acting: Acting, personId: string): Promise<Addresses & { pn: string }> {
  const { pn, lid } = await addressesOf(acting, personId)
  if (pn === null) throw new ActionRefused(numberUnknown('nobody is in the address book'))
  return { pn, lid }
}

const numberUnknown = (what: string) => `WhatsApp has not told the account the number of this person, without which ${what}.`

export const contactActions = { 'contact.block': block, 'contact.remove': remove, 'contact.save': save }
