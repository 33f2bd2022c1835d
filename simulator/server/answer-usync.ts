// Who is on WhatsApp, under which LID, with which devices: what clients ask before they write to somebody.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { findPerson, type Profile, profileOf } from '../accounts/profile.ts'
import type { Companion, World } from '../accounts/world.ts'
import { attr, child, children, findChild, node, server } from '../connection/stanza.ts'

type Of = { world: World; companion: Companion }

export function answerUsync(of: Of, usync: BinaryNode): BinaryNode {
  const protocols = children(child(usync, 'query')).map(protocol => protocol.tag)
  const users = children(child(usync, 'list'), 'user').map(user => answerUser(of, protocols, user))
  const results = protocols.map(protocol => node(protocol))
  return node('usync', usync.attrs, [node('result', {}, results), node('list', {}, users)])
}

/** Asked by JID, or by a phone number like +5511900000001. */
function userJid(user: BinaryNode): string {
  const phone = findChild(user, 'contact')?.content
  if (user.attrs.jid !== undefined || phone === undefined) return attr(user, 'jid')
  return `${phone.toString().replace(/\D/g, '')}@${server}`
}

function answerUser({ world, companion }: Of, protocols: readonly string[], user: BinaryNode): BinaryNode {
  const asked = userJid(user)
  const said = findChild(user, 'contact')?.content
  const person = said === undefined ? world.accounts.personOf(asked) : findPerson(world, asked)
  // Whoever is found under another number is answered under their own.
  const jid = person === undefined || world.accounts.personOf(asked) !== undefined ? asked : person.contact.pnJid
  const answers: BinaryNode[] = []
  if (protocols.includes('contact')) answers.push(node('contact', { type: person ? 'in' : 'out' }, said))
  if (protocols.includes('status') && person) answers.push(aboutOf(profileOf(world, person.contact)))
  if (protocols.includes('lid') && person) answers.push(node('lid', { val: person.contact.lidJid }))
  if (protocols.includes('disappearing_mode') && person)
    answers.push(node('disappearing_mode', { duration: profileOf(world, person.contact).timer ?? '0' }))
  if (protocols.includes('devices') && person && !takeUnnamed(companion, person.contact.pn))
    answers.push(node('devices', {}, [deviceList(world, jid)]))
  return node('user', { jid }, answers)
}

/** Words that are not shown are refused with 401. */
function aboutOf({ about, aboutAt, isHidden }: Profile): BinaryNode {
  return isHidden ? node('status', { code: '401', type: 'fail' }) : node('status', { t: aboutAt }, Buffer.from(about ?? ''))
}

function takeUnnamed({ sent }: Companion, pn: string): boolean {
  const left = sent.unnamed.get(pn) ?? 0
  if (left > 0) sent.unnamed.set(pn, left - 1)
  return left > 0
}

/** The phone is device 0; companions that logged out are gone. */
function deviceList(world: World, jid: string): BinaryNode {
  const companions = [...(world.accounts.accountOf(jid)?.companions.values() ?? [])].filter(companion => !companion.isRemoved)
  const linked = companions.map(({ id }) => node('device', { id: String(id), 'key-index': String(id) }))
  return node('device-list', {}, [node('device', { id: '0' }), ...linked])
}
