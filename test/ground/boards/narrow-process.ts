// A zaplog beside that of the incident which may open few files and has a small disk: it has the API alone, and Prometheus scrapes it, too.
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Prometheus } from '../../../infra/services/prometheus.ts'
import { wait } from '../../../src/runtime/wait.ts'
import type { Ground } from '../scenarios/ground.ts'
import { pathInside } from '../scenarios/own-disk.ts'
import { launchZaplog, makeDataDir, type ZaplogProcess } from '../scenarios/zaplog-process.ts'

export type NarrowProcess = {
  /** From now on clients are connected so that it has nearly all open that it may, and its disk is nearly full. */
  crowd(): Promise<void>
  /** They go, and what fills its disk does. */
  makeRoom(): Promise<void>
  close(): Promise<void>
}
type Of = { ground: Ground; prometheus: Prometheus }

/** Of which it takes about thirty for itself, and clients sixteen at most. */
const OPEN_FILES = 46
const DISK_BYTES = 8 * 1024 ** 2
const CROWDED = 0.95
const LOOK_EVERY_MS = 500

export async function openNarrowProcess({ ground, prometheus }: Of): Promise<NarrowProcess> {
  const { path: dataDir, remove } = makeDataDir()
  const env = { ...ground.env, ROLES: 'api', HTTP_MAX_CONNECTIONS: '16' }
  const launched = launchZaplog({ dataDir, env, openFiles: OPEN_FILES, diskBytes: DISK_BYTES })
  const leaving = new AbortController()
  let crowding = Promise.resolve()
  const leave = async () => {
    leaving.abort()
    await crowding
  }
  const close = async () => {
    await leave()
    await prometheus.alsoScrape([])
    await launched.kill()
    remove()
  }
  try {
    const zaplog = await launched.listening
    await prometheus.alsoScrape([new URL(zaplog.url).host])
    const filler = pathInside(launched, join(dataDir, 'filler'))
    return {
      crowd: async () => {
        await writeFile(filler, Buffer.alloc(DISK_BYTES * CROWDED))
        crowding = crowdWith(zaplog, leaving.signal)
      },
      makeRoom: async () => {
        await leave()
        await rm(filler)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Until the signal aborts: whom it sends away comes again. */
async function crowdWith(zaplog: ZaplogProcess, signal: AbortSignal): Promise<void> {
  const { hostname: host, port } = new URL(zaplog.url)
  const clients = new Set<Socket>()
  const enter = async () => {
    const client = connect({ host, port: Number(port) })
    clients.add(client)
    client.once('close', () => clients.delete(client)).on('error', () => undefined) // a reset is its way to send somebody away
    await once(client, 'connect').catch(() => undefined)
  }
  do for (let open = await openIn(zaplog); open < OPEN_FILES * CROWDED; open++) await enter()
  while (await wait(LOOK_EVERY_MS, signal))
  for (const client of clients) client.destroy()
}

async function openIn({ url, key }: ZaplogProcess): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
  return Number(/^zaplog_open_descriptors (\d+)$/m.exec(await answer.text())?.[1])
}
