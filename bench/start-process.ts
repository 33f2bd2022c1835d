// The least that zaplog's start has to do, in a process of its own: Baileys imported, PostgreSQL started, one query answered.
// argv: JSON of BareStart. Says `ready`, and ends with its server on SIGTERM.
import '@whiskeysockets/baileys'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import pg from 'pg'

export type BareStart = { postgres: string; path: string; user: { uid: number; gid: number } | null; port: number; url: string }

const PROBE_MS = 5
const { postgres, path, user, port, url }: BareStart = JSON.parse(process.argv[2] ?? '{}')

const flags = ['-D', path, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=']
const server = spawn(postgres, flags, { ...user, cwd: path, env: { LC_ALL: 'C' }, stdio: 'ignore' })
const exited = once(server, 'exit')
process.once('SIGTERM', async () => {
  server.kill('SIGINT')
  await exited
  process.exit()
})
while (!(await isAnswering())) await new Promise(passed => setTimeout(passed, PROBE_MS))
process.stdout.write('ready\n')

async function isAnswering(): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch (error) {
    if (server.exitCode !== null) throw error
    return false // it is still starting
  } finally {
    await client.end()
  }
}
