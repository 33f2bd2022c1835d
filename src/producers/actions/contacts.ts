// What is done about a person.
import type { BodyOf } from '../../events/operations.ts'
import type { Action } from './action.ts'

const block: Action<BodyOf<'contact.block'>> = {
  pace: 'changes',
  perform: async (acting, { personId, on }) => {
    await acting.updateBlockStatus(personId, on ? 'block' : 'unblock')
    return null
  },
  afterSilence: async (acting, { personId, on }) => {
    const blocked = await acting.fetchBlocklist()
    const names = [personId, await acting.signalRepository.lidMapping.getLIDForPN(personId)]
    return names.some(name => blocked.includes(name ?? undefined)) === on ? { isDone: true, result: null } : { isDone: false }
  },
}

export const contactActions = { 'contact.block': block }
