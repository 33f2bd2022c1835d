// Guarantee: in an incident every panel's query and every alert is answered by a real Prometheus that scrapes a real zaplog, and those that are about it show it.
import { expect, test } from 'vitest'
import { alertGroups } from '../../scripts/alerts/alerts.ts'
import { expectEvaluated, risenOf, untilFiring, untilQuiet } from '../ground/boards/alerts-risen.ts'
import { askBoards } from '../ground/boards/ask-boards.ts'
import { allFaults, untilShown, untilUnseen } from '../ground/boards/faults-shown.ts'
import { type NarrowProcess, openNarrowProcess } from '../ground/boards/narrow-process.ts'
import { type Incident, openIncident } from '../ground/boards/open-incident.ts'
import { recordBoards } from '../ground/boards/record-boards.ts'
import { askText, openReader, workAsUsual } from '../ground/boards/usual-work.ts'
import { runsHere } from '../ground/runs-here.ts'
import { idsOf } from '../ground/scenarios/mixed-conversation.ts'
import { external, onEachSetup } from '../ground/scenarios/setups.ts'
import { untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const hasParts = await runsHere('promtool', 'own-disk')
/** Where its course is written to, for the boards' pictures (scripts/board-pictures.ts). */
const recordTo = process.env.BOARD_ANSWERS

const nowAt = (): number => Date.now() / 1_000
type Mark = (what: string) => void

const alertNames = alertGroups.flatMap(({ alerts }) => alerts.map(({ name }) => name))
const ofLimits = ['ZaplogDiskFull', 'ZaplogDescriptorsScarce']
const ofEndpoints = ['ZaplogEndpointFailing', 'ZaplogDeliveriesDead', 'ZaplogDeadLetters']
const ofOutages = ['ZaplogPartDown', 'ZaplogStorageUnreachable', 'ZaplogInstanceSilent']

async function untilNothingIsWrong({ stage, talk, prometheus }: Incident): Promise<void> {
  await untilDelivered(stage.receiver, idsOf(await talk.write(4, { pictureEvery: 2 })))
  await until('files to be counted, and none to be pending', async () => {
    const [pending] = await prometheus.query('max(zaplog_media_pending) and max(count_over_time(up[1m])) > 2')
    return pending?.value === 0
  })
  await untilUnseen(prometheus, allFaults)
}

function firstWritten({ talk }: Incident): { chat: string; messageId: string } {
  const [first] = talk.said
  if (first === undefined) throw new Error('expected that somebody has written')
  return first
}

async function killKafka({ stage, talk, prometheus }: Incident, mark: Mark): Promise<void> {
  mark('Kafka is killed')
  await stage.ground.log.kill()
  const unheard = await talk.write(2)
  await untilShown(prometheus, ['kafka'])
  await untilFiring(prometheus, 'ZaplogPartDown', { part: 'kafka' })
  await stage.ground.log.start()
  mark('Kafka is back')
  await untilDelivered(stage.receiver, idsOf(unheard))
  await untilUnseen(prometheus, ['receiver', 's3', 'unlinked', 'silent', 'postgres'])
}

async function refuseAndFill(incident: Incident, narrow: NarrowProcess, mark: Mark): Promise<void> {
  const { talk, prometheus, receiver, choosy, objectStore } = incident
  mark('the receiver answers 503, another refuses one message, the object store is away, a second process has no room')
  receiver.isDown = true
  objectStore.down()
  choosy.refuseNext()
  await talk.write(4, { pictureEvery: 2 })
  await narrow.crowd()
  await untilShown(prometheus, ['receiver', 's3', 'refused', 'narrow'])
  for (const name of [...ofLimits, ...ofEndpoints]) await untilFiring(prometheus, name)
}

async function loseAccounts(incident: Incident, mark: Mark): Promise<void> {
  const { stage, prometheus, shop, support, inChat } = incident
  mark('shop is unlinked, support hears nothing')
  inChat.clear()
  shop.streamError('loggedOut')
  support.fallSilent()
  await until('shop to be logged out', async () => !shop.isOnline())
  await askText(stage, { chatId: firstWritten(incident).chat, text: 'ainda temos bolo' })
  await untilShown(prometheus, ['unlinked', 'silent'])
  await until('one account to be silent, and not the one that is unlinked', async () => {
    const [silent] = await prometheus.query('sum(zaplog_instances_silent)')
    return silent?.value === 1
  })
  await untilFiring(prometheus, 'ZaplogInstanceSilent')
  await untilFiring(prometheus, 'ZaplogInstanceLoggedOut', { reason: 'logged-out' })
  await untilFiring(prometheus, 'ZaplogStorageUnreachable')
}

onEachSetup(() => {
  test.runIf(hasParts)(
    '[H2] [H1] Kafka killed, receiver, object store and Postgres away, a message refused, a process at its limits, an account silent and one unlinked are on the boards and alarmed, and nowhere an error',
    { timeout: 400_000 },
    async ({ onTestFinished }) => {
      const incident = await openIncident(onTestFinished)
      const { stage, prometheus, receiver, choosy, objectStore, postgres, support, inChat } = incident
      const from = nowAt()
      const moments: { what: string; at: number }[] = []
      const mark: Mark = what => void moments.push({ what, at: nowAt() })

      await untilNothingIsWrong(incident)
      mark('texts and files are to be sent, a replay and a rebuild begin')
      const reader = await openReader(stage)
      onTestFinished(reader.close)
      await workAsUsual(incident, firstWritten(incident))
      await untilShown(prometheus, ['work'])
      await killKafka(incident, mark)

      const narrow = await openNarrowProcess({ ground: stage.ground, prometheus })
      onTestFinished(narrow.close)
      await refuseAndFill(incident, narrow, mark)

      await loseAccounts(incident, mark)

      mark('Postgres is away')
      postgres.down()
      await untilShown(prometheus, ['postgres'])
      await askBoards(prometheus)
      await expectEvaluated(prometheus, alertNames)
      const risen = risenOf(await prometheus.rules())
      expect(risen).toContainEqual({
        name: 'ZaplogPartDown',
        state: expect.any(String),
        labels: expect.objectContaining({ part: 'postgres' }),
      })
      expect(risen.map(({ name }) => name)).not.toContain('ZaplogDown')

      mark('all is back')
      receiver.isDown = false
      support.drop()
      inChat.add(support)
      for (const part of [objectStore, postgres]) part.resume()
      await narrow.makeRoom()
      await untilUnseen(prometheus, ['silent', 'postgres'])
      await choosy.mend()
      await untilQuiet(prometheus, [...ofOutages, ...ofLimits, ...ofEndpoints])
      if (recordTo !== undefined) await recordWhole(incident, { path: recordTo, from, moments })
    },
  )
}, [external])

/** With the way back to where nothing waits. */
async function recordWhole(
  { stage, prometheus }: Incident,
  of: { path: string; from: number; moments: { what: string; at: number }[] },
) {
  await untilUnseen(prometheus, ['s3'])
  await until(
    'nothing to wait',
    async () => (await prometheus.query('max(zaplog_webhook_waiting_deliveries)'))[0]?.value === 0,
    120_000,
  )
  const { TOPIC_PREFIX = '', GROUP_PREFIX = '' } = stage.ground.env
  await recordBoards(prometheus, { ...of, until: nowAt(), prefixes: { topic: TOPIC_PREFIX, group: GROUP_PREFIX } })
}
