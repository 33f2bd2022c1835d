// What a history says of a conversation itself: how the account has it, what its person is called, and what a group is. What is not said is
// null. Pure.
import type { proto } from '@whiskeysockets/baileys'
import { isStorableId } from '../../events/storable-ids.ts'
import { bareJid, isGroup, isOwn } from '../jid.ts'
import { textOf } from '../kinds/body.ts'
import { chatState } from './chat-state.ts'
import {
  type Converted,
  type HistoryContext,
  type HistoryDraft,
  isTold,
  nothing,
  passedOver,
  toldEnvelope,
  unreadable,
} from './history-context.ts'
import { type Pair, pairIn } from './history-pairs.ts'
import { groupFields } from './past-group.ts'
import { contactDraft, isPerson } from './people.ts'

export function convertConversation(conversation: proto.IConversation, context: HistoryContext): Converted {
  const id = conversation.id ?? ''
  if (!isAddress(id) || !isStorableId(id)) return unreadable('conversation')
  const chat = bareJid(id)
  if (context.ignores(chat)) return passedOver('settings')
  const pair = isPerson(chat) ? pairIn(chat, conversation.lidJid, conversation.pnJid) : null
  if (pair !== null) context.pairs.learn(pair)
  const said = context.withMessages ? [...groupOf(chat, conversation, context), ...stateOf(chat, conversation, context)] : []
  const drafts = [...personOf(chat, { ...conversation, pair }, context), ...said]
  return { ...nothing, drafts, pairs: pair === null ? [] : [pair] }
}

/** Of whichever server; what has none is no chat. */
const isAddress = (id: string): boolean => /^[^@\s]+@[^@\s]+$/.test(id)

type Named = Pick<proto.IConversation, 'name' | 'displayName'> & { pair: Pair | null }

/** The account itself is no contact of its own. */
function personOf(chat: string, { pair, ...of }: Named, context: HistoryContext): readonly HistoryDraft[] {
  if (!isPerson(chat) || isOwn(chat, context.own)) return []
  const said = { name: nameOf(of), ...(pair !== null && { contactPn: pair.pn }) }
  return isTold(said) ? [contactDraft(chat, said, context)] : []
}

/** Where nobody named a person, what is displayed is its number, or what may be seen of it: that is no name. */
function nameOf({ name, displayName }: Omit<Named, 'pair'>): string | null {
  const shown = textOf(displayName)
  return textOf(name) ?? (shown !== null && /^[\d\s+().\-‑•∙·*]+$/u.test(shown) ? null : shown)
}

function groupOf(chat: string, conversation: proto.IConversation, context: HistoryContext): readonly HistoryDraft[] {
  const fields = isGroup(chat) ? groupFields(conversation, context) : {}
  if (!isTold(fields)) return []
  // As the phone says it: what else is known of addresses changes no id.
  return [{ ...toldEnvelope('group.updated', chat, conversation, context), ...fields, groupId: chat, chatId: chat }]
}

function stateOf(chat: string, conversation: proto.IConversation, context: HistoryContext): readonly HistoryDraft[] {
  const state = chatState(conversation, { isTimed: isPerson(chat), toldAt: context.toldAt })
  if (!isTold(state)) return []
  const { id, pn } = context.pairs.addressOf(chat)
  const envelope = toldEnvelope('chat.updated', chat, state, context)
  return [{ ...envelope, ...state, chatId: id, chatPn: pn, isGroup: isGroup(chat) }]
}
