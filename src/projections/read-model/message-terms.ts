// Which messages a list has: those of its page, and of them what is asked for besides. Each is a condition on the message's own row.
import { storableId } from '../../events/storable-ids.ts'
import { type ListRequest, orderOf } from './list-by-message.ts'
import { type Bindings, pageTerms } from './page.ts'

export type MessageFilter = {
  starred?: true
  /** Now, by the clock of the database. */
  pinned?: true
  /** WhatsApp's id of an album, an event, a post. */
  parentMessageId?: string
}

/** What `messageTerms` names of a row besides its place. */
export const filterColumns = (alias: string): string =>
  ['starred', 'pinned_until', 'parent_message_id'].map(column => `${alias}.${column}`).join(', ')

export function messageTerms(request: ListRequest & MessageFilter, alias: string, bindings: Bindings): readonly string[] {
  const terms = [...pageTerms(request, orderOf(alias), bindings)]
  if (request.starred) terms.push(`${alias}.starred`)
  if (request.pinned) terms.push(`${alias}.pinned_until > now()`)
  if (request.parentMessageId !== undefined)
    terms.push(`${alias}.parent_message_id = ${bindings.bind(storableId(request.parentMessageId))}`)
  return terms
}
