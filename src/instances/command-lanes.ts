// The lane in which a command waits for its turn: that of its chat, as the column chat_id has it. What is of this moment has one of its own beside the
// chat's, so that it waits for nothing that takes long; no chat's address begins like it.
import type { Operation } from '../events/operations.ts'

type Of = { operation: string; chatId: string }

const ofThisMoment: readonly string[] = ['call.reject', 'presence.set'] satisfies readonly Operation[]
const besides = 'now:'

export const laneOf = ({ operation, chatId }: Of): string => (ofThisMoment.includes(operation) ? `${besides}${chatId}` : chatId)

/** Both of a chat's. */
export const lanesOf = (chatId: string): readonly string[] => [chatId, `${besides}${chatId}`]

/** '': what is about no chat. */
export const chatOf = (lane: string): string => (lane.startsWith(besides) ? lane.slice(besides.length) : lane)
