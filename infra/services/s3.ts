// A real S3 server on loopback: versitygw over a directory, with credentials of its own; objects survive its restarts.
import { randomBytes, randomInt } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fetchArtifact, type OnFetch, runProgram } from './fetch-artifact.ts'
import { requireService } from './require-service.ts'
import { answersOk, freePort, type ServerProcess, startServerProcess } from './server-process.ts'

export type S3Server = ServerProcess & {
  port: number
  /** For path-style addresses. */
  endpoint: string
  credentials: S3Credentials
  /** Somebody who may sign in and has a right to nothing. */
  addUser(): Promise<S3Credentials>
  /** Nothing changes where it is there. */
  makeBucket(name: string): Promise<void>
}
export type S3Credentials = { accessKeyId: string; secretAccessKey: string }
type S3Options = {
  /** Is there; buckets and accounts are kept in it. */
  directory: string
  port?: number | undefined
  /** Of root; new ones for each start where they are not given. */
  credentials?: S3Credentials
}

export const S3_SERVER_VERSION = '1.7.0'
/** Buckets are also served as {bucket}.{this domain}. */
export const S3_VIRTUAL_DOMAIN = 's3.localhost'

export async function openS3Server(options: S3Options, signal?: AbortSignal): Promise<S3Server> {
  const { directory, port, credentials = newS3Credentials() } = options
  const program = join(await fetchS3Server(), 'versitygw')
  const [buckets, accounts] = [join(directory, 'buckets'), join(directory, 'accounts')]
  for (const path of [buckets, accounts]) await mkdir(path, { recursive: true })
  const at = port ?? (await freePort())
  const endpoint = `http://127.0.0.1:${at}`
  const flags = ['--port', `127.0.0.1:${at}`, '--quiet', '--keep-alive', '--health', '/health', '--iam-dir', accounts]
  const server = await startServerProcess(
    {
      name: `the S3 server on port ${at}`,
      command: program,
      args: [...flags, '--virtual-domain', `${S3_VIRTUAL_DOMAIN}:${at}`, 'posix', buckets],
      env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
      isUp: () => answersOk(`${endpoint}/health`),
      startWithinMs: 10_000,
    },
    signal,
  )
  return { ...server, port: at, endpoint, credentials, ...administration({ program, endpoint, credentials }) }
}

type Administered = { program: string; endpoint: string; credentials: S3Credentials }
function administration({ program, endpoint, credentials }: Administered): Pick<S3Server, 'addUser' | 'makeBucket'> {
  const env = {
    ADMIN_ACCESS_KEY: credentials.accessKeyId,
    ADMIN_SECRET_KEY: credentials.secretAccessKey,
    ADMIN_ENDPOINT_URL: endpoint,
  }
  const administer = (...args: readonly string[]) => runProgram(program, ['admin', ...args], { env })
  return {
    addUser: async () => {
      const user = newS3Credentials()
      const who = ['--access', user.accessKeyId, '--secret', user.secretAccessKey]
      await administer('create-user', ...who, '--role', 'user')
      return user
    },
    makeBucket: async name => {
      const known = (await administer('list-buckets')).split(/\s+/)
      if (!known.includes(name)) await administer('create-bucket', '--bucket', name, '--owner', credentials.accessKeyId)
    },
  }
}

export const newS3Credentials = (): S3Credentials => ({
  accessKeyId: `zaplog${randomInt(10 ** 9, 10 ** 10)}`,
  secretAccessKey: randomBytes(24).toString('base64url'),
})

/** Fetches it where it is not there. Rejects with ServiceMissing. */
export const requireS3 = (onFetch?: OnFetch, signal?: AbortSignal): Promise<void> =>
  requireService('the S3 server is missing: install Go 1.25 or newer, which builds it once', () => fetchS3Server(onFetch, signal))

/** Built from source by Go, about a minute the first time. */
export function fetchS3Server(onFetch?: OnFetch, signal?: AbortSignal): Promise<string> {
  const make = async (directory: string) => {
    const env = { ...process.env, GOBIN: directory }
    await runProgram('go', ['install', `github.com/versity/versitygw/cmd/versitygw@v${S3_SERVER_VERSION}`], { env, signal })
  }
  return fetchArtifact({ name: 'versitygw', version: S3_SERVER_VERSION, make }, onFetch)
}
