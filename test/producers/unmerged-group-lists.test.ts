// A list of groups is told whole, also while Baileys buffers what changed in one of them.
import { EventEmitter } from 'node:events'
import { type BaileysEventMap, makeEventBuffer, type WASocket } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
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
