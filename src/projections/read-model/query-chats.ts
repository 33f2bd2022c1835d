// Chats and contacts, one per person or group however many addresses it is known by, as their tables list them.
import type { Transaction } from '../../database/database.ts'
import { isBlocked } from './blocks.ts'
import { channelName } from './channels.ts'
import { chatColumns, chatStateColumns, contactColumns, lastMessageColumns } from './chat-columns.ts'
import { type AnswerOf, answerOf, jsonOf, selectOf } from './columns.ts'
import { orderOf } from './list-by-message.ts'
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
import { groupSubject } from './query-groups.ts'
import { labelsOfChat } from './query-labels.ts'
import { phoneAddress } from './shown-addresses.ts'

export type ChatAnswer = AnswerOf<typeof chatColumns> &
  AnswerOf<typeof chatStateColumns> & { lastMessage: AnswerOf<typeof lastMessageColumns> | null }

/** `archived` [all]. */
type ChatsRequest = PageRequest & { instanceId: string; archived?: boolean }

export async function listChats(database: Transaction, request: ChatsRequest): Promise<Page<ChatAnswer>> {
  const bindings = createBindings()
  const { bind, values } = bindings
  const instance = bind(request.instanceId)
  const terms = [`k.instance_id = ${instance}`, ...pageTerms(request, chatOrder('k'), bindings)]
  if (request.archived !== undefined) terms.push(`k.archived = ${bind(request.archived)}`)
  const rows = await database.query<ChatRow>(
    `with page as (
       select * from listed_chats k where ${terms.join(' and ')}
       order by ${pageOrder(request, chatOrder('k'))} limit ${bind(rowsToRead(request))})
     select p.chat_id as "chatId", ${phoneAddress(instance, 'p.chat_id')} as "chatPn",
       p.is_group as "isGroup",
       coalesce(${groupSubject(instance, 'p.chat_id')}, ${channelName(instance, 'p.chat_id')}, n.name) as name,
       ${labelsOfChat(instance, 'own.addresses')} as labels,
       p.last_message_at as "lastMessageAt", p.epoch, p.sequence, ${selectOf(chatStateColumns, 'p')},
       l.last_message as "lastMessage"
     from page p
     cross join lateral (select addresses_of(${instance}, p.chat_id) as addresses offset 0) own
     left join lateral (
       select coalesce(c.name, c.push_name) as name from contacts c
       where c.instance_id = ${instance} and c.contact_id = any (own.addresses)
         and coalesce(c.name, c.push_name) is not null
       order by c.name is null, ${lastNamed('epoch')} desc, ${lastNamed('sequence')} desc limit 1
     ) n on true
     cross join lateral (${saidOfChat(instance)}) st
     left join lateral (
       select ${jsonOf(lastMessageColumns, 'm')} as last_message
       from unnest(own.addresses) as a(address)
       cross join lateral (
         select * from messages m where m.instance_id = ${instance} and m.chat_id = a.address
           and m.undecryptable is distinct from 'no-secret'
           and (m.occurred_at, m.epoch, m.sequence) <= (p.last_message_at, p.epoch, p.sequence)
         order by ${newestMessage} limit 1) m
       order by ${newestMessage} limit 1
     ) l on true
     order by ${pageOrder(request, chatOrder('p'))}`,
    values,
  )
  return toPage(rows, request, {
    place: row => ({ at: row.lastMessageAt, arrival: [row.epoch, row.sequence], id: row.chatId }),
    item: row => ({
      ...answerOf(chatColumns, { ...row, instanceId: request.instanceId }),
      ...answerOf(chatStateColumns, row),
      lastMessage: row.lastMessage === null ? null : answerOf(lastMessageColumns, row.lastMessage),
    }),
  })
}

/** Of contact c, by what was said of its names. */
const lastNamed = (stamp: 'epoch' | 'sequence') =>
  `greatest(case when c.name is not null then c.name_${stamp} end, case when c.push_name is not null then c.push_name_${stamp} end)`

/** {field: value}, of each field the last word under any of its addresses (`own`). */
export const saidOfChat = (instance: string) => `
  select jsonb_object_agg(last.field, last.value) as said from (
    select distinct on (f.field) f.field, f.fact -> 'v' as value
    from chat_states s cross join jsonb_each(s.facts) as f(field, fact)
    where s.instance_id = ${instance} and s.chat_id = any (own.addresses)
    order by f.field, (f.fact ->> 'e')::bigint desc, (f.fact ->> 's')::bigint desc, s.chat_id) last`

/** A condition: the account's owner has saved somebody with one of `addresses` under a name. What they call themselves says nothing: strangers do in groups. */
export const isSaved = (instance: string, addresses: string): string =>
  `exists (select from contacts c where c.instance_id = ${instance} and c.contact_id = any(${addresses}) and c.name is not null)`

type ChatRow = ArrivedRow & { chatId: string; lastMessageAt: Date; lastMessage: Readonly<Record<string, unknown>> | null }
type ArrivedRow = { epoch: string; sequence: string }

const chatOrder = (alias: string): OrderColumns => orderBy(alias, 'last_message_at', 'chat_id')
const contactOrder = (alias: string): OrderColumns => orderBy(alias, 'updated_at', 'contact_id')
const orderBy = (alias: string, at: string, id: string): OrderColumns => ({
  at: `${alias}.${at}`,
  arrival: [`${alias}.epoch`, `${alias}.sequence`],
  id: `${alias}.${id}`,
})

const newestMessage = pageOrder({}, orderOf('m'))

export type ContactAnswer = AnswerOf<typeof contactColumns>

export async function listContacts(
  database: Transaction,
  request: PageRequest & { instanceId: string },
): Promise<Page<ContactAnswer>> {
  const bindings = createBindings()
  const { bind, values } = bindings
  const instance = bind(request.instanceId)
  const terms = [`k.instance_id = ${instance}`, ...pageTerms(request, contactOrder('k'), bindings)]
  const rows = await database.query<ContactRow>(
    `select k.contact_id as "contactId", ${phoneAddress(instance, 'k.contact_id')} as "contactPn", k.name, k.push_name as "pushName",
       ${isBlocked(instance, 'own.addresses')} as blocked, k.updated_at as "updatedAt", k.epoch, k.sequence
     from (
       select * from listed_contacts k where ${terms.join(' and ')}
       order by ${pageOrder(request, contactOrder('k'))} limit ${bind(rowsToRead(request))}) k
     cross join lateral (select addresses_of(${instance}, k.contact_id) as addresses offset 0) own
     order by ${pageOrder(request, contactOrder('k'))}`,
    values,
  )
  return toPage(rows, request, {
    place: row => ({ at: row.updatedAt, arrival: [row.epoch, row.sequence], id: row.contactId }),
    item: row => answerOf(contactColumns, { ...row, ...bothAddresses(row), instanceId: request.instanceId }),
  })
}

type ContactRow = ArrivedRow & { contactId: string; contactPn: string | null; updatedAt: Date }

const bothAddresses = ({ contactId, contactPn }: ContactRow) => ({
  contactPn: contactPn ?? (contactId.endsWith('@s.whatsapp.net') ? contactId : null),
  contactLid: contactId.endsWith('@lid') ? contactId : null,
})
