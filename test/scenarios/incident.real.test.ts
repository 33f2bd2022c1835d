// Guarantee: in an incident every panel's query and every alert is answered by a real Prometheus that scrapes a real zaplog, and those that are about it show it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openPrometheus, type Prometheus, type Rule, type Sample } from '../../infra/services/prometheus.ts'
import { alertGroups } from '../../scripts/alerts/alerts.ts'
import type { BoardName, Shown } from '../../scripts/boards/board.ts'
import { boards } from '../../scripts/boards/boards.ts'
import { RATE_WINDOW } from '../../scripts/boards/query.ts'
import { runsHere } from '../ground/runs-here.ts'
import { idsOf, openMixedConversation } from '../ground/scenarios/mixed-conversation.ts'
import { putBehind } from '../ground/scenarios/put-behind.ts'
import { external, onEachSetup, openSharedGround } from '../ground/scenarios/setups.ts'
import { openStage, untilDelivered } from '../ground/scenarios/stage.ts'
import type { TcpProxy } from '../ground/tcp-proxy.ts'
import { until } from '../ground/until.ts'

const hasPrometheus = await runsHere('promtool')

/** What Grafana puts in place of its own words, while a scrape takes a second. */
const filledIn = ({ query }: Shown): string => query.expr.replaceAll(RATE_WINDOW, '30s').replaceAll('$account', '.*')

type Panels = ReadonlyMap<string, readonly Sample[]>
const named = (board: BoardName, title: string): string => `${board}: ${title}`

/** Every panel's answers, by its name. Rejects where one cannot be evaluated. */
async function answersOf(prometheus: Prometheus, isAsked: (name: string) => boolean = () => true): Promise<Panels> {
  const all = new Map<string, readonly Sample[]>()
  for (const board of boards)
    for (const panel of board.rows.flatMap(row => row.panels)) {
      if (!isAsked(named(board.name, panel.title))) continue
      const answers = await Promise.all(panel.queries.map(one => prometheus.query(filledIn(one))))
      for (const [nth, samples] of answers.entries())
        for (const { metric } of samples) {
          const by = panel.queries[nth]?.query.by ?? []
          expect(by, named(board.name, panel.title)).toEqual(expect.arrayContaining(Object.keys(metric)))
        }
      all.set(named(board.name, panel.title), answers.flat())
    }
  return all
}

/** What each panel that is about the incident shows then, and not before it. */
const telling: readonly { board: BoardName; title: string; labels: Sample['metric']; isSeen(value: number): boolean }[] = [
  { board: 'overview', title: 'Parts', labels: { part: 's3' }, isSeen: value => value === 0 },
  { board: 'overview', title: 'Parts', labels: { part: 'postgres' }, isSeen: value => value === 0 },
  { board: 'log', title: 'Parts', labels: { part: 's3' }, isSeen: value => value === 0 },
  { board: 'media', title: 'Object store', labels: { part: 's3' }, isSeen: value => value === 0 },
  { board: 'overview', title: 'Checks that are not ok', labels: { state: 'degraded' }, isSeen: value => value > 0 },
  { board: 'webhooks', title: 'Attempts', labels: { outcome: 'waiting' }, isSeen: value => value > 0 },
  { board: 'webhooks', title: 'Deliveries', labels: {}, isSeen: value => value > 0 },
  { board: 'media', title: 'Pending', labels: {}, isSeen: value => value > 0 },
  { board: 'instances', title: 'Sockets that ended', labels: { reason: 'logged-out' }, isSeen: value => value > 0 },
]
const tells = (name: string): boolean => telling.some(({ board, title }) => named(board, title) === name)
/** Alerts that are about it, pending until it has lasted. */
const rising = ['ZaplogPartDown', 'ZaplogStorageUnreachable', 'ZaplogInstanceLoggedOut']

const untold = (panels: Panels, all = telling): readonly string[] =>
  all
    .filter(({ board, title, labels, isSeen }) => {
      const samples = panels.get(named(board, title)) ?? []
      return !samples.some(
        ({ metric, value }) => Object.entries(labels).every(([label, word]) => metric[label] === word) && isSeen(value),
      )
    })
    .map(({ board, title, labels }) => `${named(board, title)} ${JSON.stringify(labels)}`)

/** Rejects with what is not shown yet. */
async function untilShown(prometheus: Prometheus, isAbout: (one: (typeof telling)[number]) => boolean): Promise<void> {
  let left: readonly string[] = []
  const isShown = async () => {
    left = untold(await answersOf(prometheus, tells), telling.filter(isAbout))
    return left.length === 0
  }
  await until('the boards to show what is so', isShown).catch(cause => {
    throw new Error(`not shown: ${left.join(', ')}`, { cause })
  })
}

onEachSetup(() => {
  test.runIf(hasPrometheus)(
    '[H2] [H1] a receiver, the object store and Postgres away and an account unlinked are on the boards, and nowhere an error',
    {
      timeout: 300_000,
    },
    async ({ onTestFinished }) => {
      const proxies: Record<string, TcpProxy> = {}
      const isDown = { receiver: false }
      const stage = await openStage({
        ground: async () => {
          const ground = await openSharedGround({ ownLog: false, prepareStore: null })
          const env: Record<string, string> = { ...ground.env }
          for (const name of ['S3_ENDPOINT', 'DATABASE_URL']) {
            const { proxy, setting } = await putBehind(env[name] ?? '')
            Object.assign(proxies, { [name]: proxy })
            env[name] = setting
          }
          return {
            ...ground,
            env,
            close: async () => {
              await ground.close()
              for (const proxy of Object.values(proxies)) await proxy.close()
            },
          }
        },
        respond: () => (isDown.receiver ? { status: 503 } : {}),
      })
      onTestFinished(stage.close)
      const directory = await mkdtemp(join(tmpdir(), 'zaplog-prometheus-'))
      onTestFinished(() => rm(directory, { recursive: true, force: true }))
      const { url, key } = stage.zaplog()
      const prometheus = await openPrometheus({ directory, target: new URL(url).host, token: key })
      onTestFinished(prometheus.close)

      const talk = openMixedConversation(stage, { chats: 2 })
      const before = await talk.write(4, { pictureEvery: 2 })
      await untilDelivered(stage.receiver, idsOf(before))
      const seen = (expr: string) => async () => (await prometheus.query(expr))[0]?.value
      await until(
        'the files that are kept and pending to be counted',
        async () => (await seen('max(zaplog_media_pending)')()) === 0,
      )
      await until(
        'the boards to show none of it',
        async () => untold(await answersOf(prometheus, tells)).length === telling.length,
      )

      isDown.receiver = true
      proxies.S3_ENDPOINT?.down()
      await talk.write(4, { pictureEvery: 2 })
      await until(
        'files and deliveries to wait',
        async () =>
          (await prometheus.query('max(zaplog_media_pending) > 0 and max(zaplog_webhook_waiting_deliveries) > 0')).length > 0,
      )
      stage.device.streamError('loggedOut')
      await untilShown(prometheus, one => one.labels.part !== 'postgres')
      proxies.DATABASE_URL?.down()
      await until('Postgres to be known as away', async () => (await seen('min(zaplog_part_up{part="postgres"})')()) === 0)

      expect(untold(await answersOf(prometheus))).toEqual([])
      const risenOf = (rules: readonly Rule[]) =>
        rules.filter(({ state }) => state === 'pending' || state === 'firing').map(({ name }) => name)
      const rules = await until('the alerts that are about it to rise', async () => {
        const found = await prometheus.rules()
        return rising.every(name => risenOf(found).includes(name)) && found
      })
      expect(rules.filter(({ health }) => health !== 'ok')).toEqual([])
      const alerts = alertGroups.flatMap(group => group.alerts.map(({ name }) => name))
      expect(rules.map(({ name }) => name)).toEqual(expect.arrayContaining(alerts))
      expect(risenOf(rules)).not.toContain('ZaplogDown')

      isDown.receiver = false
      for (const proxy of Object.values(proxies)) proxy.resume()
      await until('all parts to be up again', async () => (await seen('min(zaplog_part_up)')()) === 1)
    },
  )
}, [external])
