// The zaplog of these settings, where it runs: what it says of its parts, those that are embedded among them; whether its port is free where it does
// not; and whether PUBLIC_URL leads to it.
import { createServer } from 'node:net'
import { z } from 'zod'
import { broken, doubtful, type Finding, findWithin, fine, type Watching } from '../main/finding.ts'
import type { Config } from '../runtime/config.ts'
import { describeError } from '../runtime/logger.ts'
import type { Environment } from '../runtime/variables.ts'
import { problem } from './answers.ts'
import { type ApiSettings, readApiSettings } from './api-settings.ts'
import { callApi, readHealth } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { ownCommand } from './own-command.ts'
import { reachedAt } from './reached-at.ts'

/** Never rejects. */
export async function examineRunning(
  config: Config,
  env: Environment,
  { patienceMs, watching }: { patienceMs: number; watching: Watching },
): Promise<readonly Finding[]> {
  const own = `http://${reachedAt(config.host)}:${config.port}`
  const isOurs = (await tryListening(config.host, 0)) === null
  // Whoever answers at another machine's address is none of ours, and gets no key.
  const here = isOurs ? await askWho(own, patienceMs) : elsewhere
  const looks = [
    { part: port, look: async () => [await examinePort(config, here, isOurs)] },
    { part: zaplog, look: () => examineHealth({ config, env, own: here.is === 'zaplog' ? own : null }) },
    { part: publicUrl, look: () => examinePublicUrl(config.publicUrl, here, patienceMs) },
  ]
  return (await Promise.all(looks.map(look => findWithin(look, patienceMs, watching)))).flat()
}

const port = { name: 'port', expected: 'HOST and PORT to be free' }
const zaplog = { name: 'zaplog', expected: 'it to say how it is' }
const publicUrl = { name: 'public-url', expected: 'PUBLIC_URL to lead to this zaplog' }

const about = z.looseObject({ name: z.literal('zaplog'), version: z.string(), build: z.string() })

/** nobody: nothing answers at all. */
type Who = { is: 'zaplog'; version: string; build: string } | { is: 'stranger'; found: string } | { is: 'nobody'; found: string }

const elsewhere: Who = { is: 'nobody', found: 'HOST is not of this machine' }

/** Without a key, which is not for strangers. */
async function askWho(url: string, patienceMs: number): Promise<Who> {
  try {
    const answer = await fetch(`${url}/`, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(patienceMs) })
    const text = await beginningOf(answer)
    const told = about.safeParse(jsonIn(text))
    if (told.success) return { is: 'zaplog', version: told.data.version, build: told.data.build }
    const isRefusal = problem.safeParse(jsonIn(text)).success
    return isRefusal ? { is: 'zaplog', version: '(it starts)', build: '' } : { is: 'stranger', found: `status ${answer.status}` }
  } catch (error) {
    return { is: 'nobody', found: describeError(error) }
  }
}

/** Of an answer of ours it is all; whoever is no zaplog may go on for ever. */
const MOST_BYTES = 64 * 1024
async function beginningOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= MOST_BYTES) break
  }
  return Buffer.concat(chunks).toString()
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // not zaplog's
  }
}

async function examinePort({ host, port }: Config, here: Who, isOurs: boolean): Promise<Finding> {
  const at = `${host}:${port}`
  if (!isOurs)
    return broken(
      'port',
      `HOST=${host} is no address of this machine`,
      'choose a HOST of this machine, or 0.0.0.0 for all that it has',
    )
  if (port === 0) return fine('port', 'a free one is taken')
  if (here.is === 'zaplog') return fine('port', `zaplog ${here.version} listens on ${at}`)
  if (here.is === 'stranger')
    return broken('port', `something else listens on ${at} (${here.found})`, 'stop it, or choose another PORT')
  const refusal = await tryListening(host, port)
  if (refusal === null) return fine('port', `${at} is free`)
  if (refusal.code === 'EADDRINUSE')
    return broken('port', `something listens on ${at} and does not answer`, 'stop it, or choose another PORT')
  return broken('port', `${at} cannot be listened on: ${refusal.text}`, 'choose another PORT')
}

/** null: it can be. For a moment, and whoever connects meanwhile is sent away. */
function tryListening(host: string, port: number): Promise<{ code: unknown; text: string } | null> {
  return new Promise(resolve => {
    const server = createServer(socket => socket.destroy())
    server.once('error', error => resolve({ code: 'code' in error ? error.code : null, text: describeError(error) }))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}

/** `own`: where zaplog was met; null: it was not. */
type Asked = { config: Config; env: Environment; own: string | null }

/** The key goes to whoever was met, and not to another address with the same port. */
async function examineHealth({ config, env, own }: Asked): Promise<readonly Finding[]> {
  const url = env.ZAPLOG_URL || own
  if (url === null) return [notRunning(config)]
  const api = readApiSettings({ ...env, ZAPLOG_URL: url })
  const { status, checks } = await readHealth(api)
  const troubles = checks.filter(one => one.state !== 'ok')
  const found = `at ${api.base} is ${status}; ${checks.length - troubles.length} of its ${checks.length} checks are ok`
  return [
    status === 'failed' ? broken('zaplog', found, 'restart it') : fine('zaplog', found),
    ...troubles.map(({ name, state, detail }) => (state === 'failed' ? broken : doubtful)('zaplog', `${name}: ${detail}`, null)),
    ...checks.filter(({ name, state }) => name === 'whatsapp' && state === 'ok').map(({ detail }) => fine('whatsapp', detail)),
    await examineKey(api),
  ]
}

function notRunning({ database, objects }: Config): Finding {
  const embedded = [...(database.url === null ? ['Postgres'] : []), ...(objects.bucket === null ? ['files'] : [])]
  if (embedded.length === 0) return fine('zaplog', 'is not running')
  return doubtful(
    'zaplog',
    `is not running: its embedded ${embedded.join(' and ')} cannot be looked at`,
    `${ownCommand()} start runs it`,
  )
}

const version = z.looseObject({ version: z.string() })

async function examineKey(api: ApiSettings): Promise<Finding> {
  try {
    await callApi(api, { doing: 'asking for the version', method: 'GET', path: '/v1/version', answer: version })
    return fine('key', `zaplog takes the key from ${api.keyFrom}`)
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    return broken('key', error.message, 'expected ADMIN_API_KEY, or DATA_DIR, of that zaplog')
  }
}

/** Nothing where there is none. What leads to it is told by the build of its pages: a key would go to a stranger. */
async function examinePublicUrl(url: string | null, here: Who, patienceMs: number): Promise<readonly Finding[]> {
  const part = 'public-url'
  if (url === null) return []
  const there = await askWho(url, patienceMs)
  if (there.is === 'nobody')
    return [
      (here.is === 'zaplog' ? broken : doubtful)(
        part,
        `${url} does not answer: ${there.found}`,
        'have it lead to this zaplog: links of media begin with it',
      ),
    ]
  if (there.is === 'stranger')
    return [broken(part, `${url} is no zaplog (${there.found})`, 'have it lead to this zaplog: links of media begin with it')]
  if (here.is !== 'zaplog') return [fine(part, `${url} is zaplog ${there.version}`)]
  const isSame = there.version === here.version && there.build === here.build
  if (isSame) return [fine(part, `${url} is this zaplog`)]
  return [broken(part, `${url} is zaplog ${there.version}, this one is ${here.version}`, 'have it lead to this zaplog')]
}
