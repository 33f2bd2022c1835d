// Chats and contacts, one per person or group however many addresses it is known by.
import type { Transaction } from '../../database/database.ts'
import {
  createBindings,
  type OrderColumns,
  type Page,
  type PageRequest,
  pageOrder,
  pageTerms,
  rowsToRead,
  toPage,
} from './page.ts'
import { orderOf } from './query-messages.ts'

export type ChatAnswer = {
  instanceId: string
  /** The LID where it is known, else the phone-number JID. */
  chatId: string
  chatPn: string | null
  isGroup: boolean
  name: string | null
  lastMessageAt: string
  lastMessage: LastMessage | null
}
type LastMessage = { eventId: string; messageId: string; kind: string; text: string | null; fromMe: boolean; revoked: boolean }

export async function listChats(database: Transaction, request: PageRequest & { instanceId: string }): Promise<Page<ChatAnswer>> {
  const bindings = createBindings()
  const { bind, values } = bindings
  const instance = bind(request.instanceId)
  const terms = pageTerms(request, chatOrder('k'), bindings)
  const rows = await database.query<ChatRow>(
    `with known as (
       select canonical_address(c.instance_id, c.chat_id) as chat_id, bool_or(c.is_group) as is_group,
              max(c.last_message_at) as last_message_at, ${arrivalOf('c.last_message_at')}
       from chats c where c.instance_id = ${instance} group by 1),
     page as (
       select * from known k ${terms.length === 0 ? '' : `where ${terms.join(' and ')}`}
       order by ${pageOrder(request, chatOrder('k'))} limit ${bind(rowsToRead(request))})
     select p.chat_id, phone_address(${instance}, p.chat_id) as chat_pn, p.is_group, p.last_message_at, p.epoch, p.sequence,
       coalesce(g.subject, n.name) as name, l.last_message
     from page p
     left join groups g on g.instance_id = ${instance} and g.group_id = p.chat_id
     left join lateral (
       select coalesce(c.name, c.push_name) as name from contacts c
       where c.instance_id = ${instance} and c.contact_id = any (addresses_of(${instance}, p.chat_id))
         and coalesce(c.name, c.push_name) is not null
       order by c.name is null, greatest(c.name_epoch, c.push_name_epoch) desc, greatest(c.name_sequence, c.push_name_sequence) desc limit 1
     ) n on true
     left join lateral (
       select json_build_object('eventId', m.event_id, 'messageId', m.message_id, 'kind', m.kind, 'text', m.text, 'fromMe', m.from_me,
                                'revoked', m.revoked_at is not null) as last_message
       from unnest(addresses_of(${instance}, p.chat_id)) as a(address)
       cross join lateral (
         select * from messages m where m.instance_id = ${instance} and m.chat_id = a.address
         order by ${newestMessage} limit 1) m
       order by ${newestMessage} limit 1
     ) l on true
     order by ${pageOrder(request, chatOrder('p'))}`,
    values,
  )
  return toPage(rows, request, {
    place: row => ({ at: row.last_message_at, arrival: [row.epoch, row.sequence], id: row.chat_id }),
    item: row => ({
      instanceId: request.instanceId,
      chatId: row.chat_id,
      chatPn: row.chat_pn,
      isGroup: row.is_group,
      name: row.name,
      lastMessageAt: row.last_message_at.toISOString(),
      lastMessage: row.last_message,
    }),
  })
}

const chatOrder = (alias: string): OrderColumns => orderBy(alias, 'last_message_at', 'chat_id')
const contactOrder = (alias: string): OrderColumns => orderBy(alias, 'updated_at', 'contact_id')
const orderBy = (alias: string, at: string, id: string): OrderColumns => ({
  at: `${alias}.${at}`,
  arrival: [`${alias}.epoch`, `${alias}.sequence`],
  id: `${alias}.${id}`,
})

/** Of the rows of one person or group (epoch, sequence) of the last one. */
const arrivalOf = (at: string): string =>
  ['epoch', 'sequence']
    .map(column => `(array_agg(c.${column} order by ${at} desc, c.epoch desc, c.sequence desc))[1] as ${column}`)
    .join(', ')

const newestMessage = pageOrder({}, orderOf('m'))

export type ContactAnswer = {
  instanceId: string
  contactId: string
  contactPn: string | null
  contactLid: string | null
  name: string | null
  pushName: string | null
  updatedAt: string
}

export async function listContacts(
  database: Transaction,
  request: PageRequest & { instanceId: string },
): Promise<Page<ContactAnswer>> {
  const bindings = createBindings()
  const { bind, values } = bindings
  const instance = bind(request.instanceId)
  const terms = pageTerms(request, contactOrder('k'), bindings)
  const rows = await database.query<ContactRow>(
    `with known as (
       select canonical_address(c.instance_id, c.contact_id) as contact_id, max(c.updated_at) as updated_at,
         ${arrivalOf('c.updated_at')},
         (array_agg(c.name order by c.name_epoch desc, c.name_sequence desc) filter (where c.name is not null))[1] as name,
         (array_agg(c.push_name order by c.push_name_epoch desc, c.push_name_sequence desc)
            filter (where c.push_name is not null))[1] as push_name
       from contacts c where c.instance_id = ${instance} group by 1)
     select k.*, phone_address(${instance}, k.contact_id) as contact_pn
     from known k ${terms.length === 0 ? '' : `where ${terms.join(' and ')}`}
     order by ${pageOrder(request, contactOrder('k'))} limit ${bind(rowsToRead(request))}`,
    values,
  )
  return toPage(rows, request, {
    place: row => ({ at: row.updated_at, arrival: [row.epoch, row.sequence], id: row.contact_id }),
    item: row => ({
      instanceId: request.instanceId,
      contactId: row.contact_id,
      contactPn: row.contact_pn ?? (row.contact_id.endsWith('@s.whatsapp.net') ? row.contact_id : null),
      contactLid: row.contact_id.endsWith('@lid') ? row.contact_id : null,
      name: row.name,
      pushName: row.push_name,
      updatedAt: row.updated_at.toISOString(),
    }),
  })
}

type ChatRow = {
  chat_id: string
  chat_pn: string | null
  is_group: boolean
  last_message_at: Date
  epoch: string
  sequence: string
  name: string | null
  last_message: LastMessage | null
}
type ContactRow = {
  contact_id: string
  contact_pn: string | null
  updated_at: Date
  epoch: string
  sequence: string
  name: string | null
  push_name: string | null
}
