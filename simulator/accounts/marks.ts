// What a companion says that nobody answers: who it shows as there or writing, whose presence it asks for, and the calls that it rejects.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { attr, children, findChild } from '../connection/stanza.ts'
import type { Companion } from './world.ts'

export type Marks = {
  /** null: it has not said. */
  isOnline: boolean | null
  /** `state`: composing, recording or paused. */
  typing: { chat: string; state: string }[]
  /** Of the connection that it has, or had last. */
  subscriptions: Set<string>
  /** Ids of calls. */
  rejected: string[]
}

export const noMarks = (): Marks => ({ isOnline: null, typing: [], subscriptions: new Set(), rejected: [] })

export const copyMarks = (marks: Marks): Marks => structuredClone(marks)

export function hearPresence({ marks }: Companion, presence: BinaryNode): void {
  switch (presence.attrs.type) {
    case 'available':
    case 'unavailable':
      marks.isOnline = presence.attrs.type === 'available'
      break
    case 'subscribe':
      marks.subscriptions.add(attr(presence, 'to'))
      break
    case 'unsubscribe':
      marks.subscriptions.delete(attr(presence, 'to'))
      break
  }
}

export function hearChatState(companion: Companion | null, stanza: BinaryNode): void {
  const [state] = children(stanza)
  if (companion === null || state === undefined) return
  companion.marks.typing.push({ chat: attr(stanza, 'to'), state: state.attrs.media === 'audio' ? 'recording' : state.tag })
}

export function hearCall({ marks }: Companion, call: BinaryNode): void {
  const rejected = findChild(call, 'reject')
  if (rejected !== undefined) marks.rejected.push(attr(rejected, 'call-id'))
}
