// A list of groups is told whole, also while Baileys buffers what changed in one of them, and silence is no list.
import { EventEmitter } from 'node:events'
import { type BaileysEventMap, makeEventBuffer, type WASocket } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { askForGroups } from '../../src/producers/socket/ask-groups.ts'
import { tellGroupListsUnmerged } from '../../src/producers/socket/unmerged-group-lists.ts'
import { aGroup } from '../ground/events.ts'

const none = () => undefined
const quiet = { level: 'silent', child: () => quiet, trace: none, debug: none, info: none, warn: none, error: none }
const listed = { id: aGroup, subject: 'Team', participants: [] }

test('[B1] a group of a list is told, whole and when it is answered, though a change of it is buffered', async () => {
  const [ev, ws] = [makeEventBuffer(quiet), new EventEmitter()]
  const heard: Partial<BaileysEventMap>[] = []
  ev.process(events => void heard.push(events))
  tellGroupListsUnmerged({ ev, ws } as unknown as Pick<WASocket, 'ws' | 'ev'>)
  for (const isBufferedAgain of [false, true]) {
    ev.buffer()
    ev.emit('groups.update', [{ id: aGroup, announce: true }])
    ws.emit('CB:iq,,groups', {})
    if (isBufferedAgain) ev.buffer()
    ev.emit('groups.update', [listed] as never)
    await new Promise(setImmediate)
    expect(heard.splice(0)).toEqual([{ 'groups.update': [{ id: aGroup, announce: true }] }, { 'groups.update': [listed] }])
  }
})

test('[B1] silence is no list of groups, and one that has none is', async () => {
  const ws = new EventEmitter()
  const asking = (answers: boolean, found: object) =>
    askForGroups({
      ws,
      groupFetchAllParticipating: async () => {
        if (answers) ws.emit('CB:iq,,groups', {})
        return found
      },
    } as unknown as Pick<WASocket, 'ws' | 'groupFetchAllParticipating'>)
  expect(await asking(true, { [aGroup]: listed })).toEqual([listed])
  expect(await asking(true, {})).toEqual([])
  // As Baileys has it after a minute without an answer.
  await expect(asking(false, {})).rejects.toThrow('expected a list, got none')
  expect(ws.listenerCount('CB:iq,,groups')).toBe(0)
})
