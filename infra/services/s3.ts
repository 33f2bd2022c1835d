// A real S3 server on loopback for a test run: versitygw over a directory, with credentials of its own; objects survive its restarts.
import { randomBytes, randomInt } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fetchArtifact, runProgram } from './fetch-artifact.ts'
import { answersOk, freePort, type ServerProcess, startServerProcess } from './server-process.ts'

export type S3Server = ServerProcess & {
  port: number
  /** For path-style addresses. */
  endpoint: string
  credentials: S3Credentials
  /** Somebody who may sign in and has a right to nothing. */
  addUser(): Promise<S3Credentials>
}
type S3Credentials = { accessKeyId: string; secretAccessKey: string }

const VERSION = '1.7.0'
/** Buckets are also served as {bucket}.{this domain}. */
export const S3_VIRTUAL_DOMAIN = 's3.localhost'

/** `directory` is there; buckets and accounts are kept in it. */
export async function openS3Server({ directory, port }: { directory: string; port?: number }): Promise<S3Server> {
  const program = join(await fetchS3Server(), 'versitygw')
  const [buckets, accounts] = [join(directory, 'buckets'), join(directory, 'accounts')]
  for (const path of [buckets, accounts]) await mkdir(path, { recursive: true })
  const at = port ?? (await freePort())
  const credentials = newCredentials()
  const endpoint = `http://127.0.0.1:${at}`
  const options = ['--port', `127.0.0.1:${at}`, '--quiet', '--keep-alive', '--health', '/health', '--iam-dir', accounts]
  const server = await startServerProcess({
    name: `the S3 server on port ${at}`,
    command: program,
    args: [...options, '--virtual-domain', `${S3_VIRTUAL_DOMAIN}:${at}`, 'posix', buckets],
    env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
    isUp: () => answersOk(`${endpoint}/health`),
    startWithinMs: 10_000,
  })
  const addUser = async () => {
    const user = newCredentials()
    const as = ['--access', credentials.accessKeyId, '--secret', credentials.secretAccessKey, '--endpoint-url', endpoint]
    const who = ['--access', user.accessKeyId, '--secret', user.secretAccessKey, '--role', 'user']
    await runProgram(program, ['admin', ...as, 'create-user', ...who])
    return user
  }
  return { ...server, port: at, endpoint, credentials, addUser }
}

const newCredentials = (): S3Credentials => ({
  accessKeyId: `zaplog${randomInt(10 ** 9, 10 ** 10)}`,
  secretAccessKey: randomBytes(24).toString('base64url'),
})

/** Built from source by Go, about a minute the first time. */
export const fetchS3Server = (): Promise<string> =>
  fetchArtifact({
    name: 'versitygw',
    version: VERSION,
    make: async directory => {
      const env = { ...process.env, GOBIN: directory }
      await runProgram('go', ['install', `github.com/versity/versitygw/cmd/versitygw@v${VERSION}`], env)
    },
  })
