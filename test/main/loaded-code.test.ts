// A start loads what it needs, and the roles only once Postgres is on its way: loading is most of the time that a start takes.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

// prom-client loads the API of OpenTelemetry, which does nothing by itself.
test('[H4] what only Kafka, a bucket, traces or a migration needs is not loaded with the command line and the roles', async () => {
  const loaded = await packagesOf(['src/cli/start.ts', 'src/main/roles.ts', 'src/main.ts'])
  expect(loaded).toEqual(expect.arrayContaining(['pg', 'fastify', '@whiskeysockets/baileys']))
  expect(
    loaded.filter(name => /^(kafkajs|@aws-sdk\/.*|@smithy\/.*|@opentelemetry\/(?!api$).*|node-pg-migrate|sharp)$/.test(name)),
  ).toEqual([])
})

test('[H4] before Postgres is spawned, Baileys is not loaded', async () => {
  const loaded = await packagesOf(['src/cli/zaplog.ts', 'src/cli/start.ts'])
  expect(loaded).toContain('pg')
  expect(loaded).not.toContain('@whiskeysockets/baileys')
})

test('[H4] before compiled code can be used, no TypeScript is loaded', async () => {
  const { stdout } = await run(['--no-strip-types', 'bin/run.mjs', '--', 'bin/early-signals.mjs'])
  expect(stdout).toBe('')
})

/** That Node loads with these files, in a process of its own. */
async function packagesOf(files: readonly string[]): Promise<readonly string[]> {
  const script = `
    import { registerHooks } from 'node:module'
    const names = new Set()
    registerHooks({
      load: (url, context, next) => {
        const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)(?!.*node_modules\\/)/.exec(url)?.[1]
        if (name !== undefined) names.add(name)
        return next(url, context)
      },
    })
    for (const file of ${JSON.stringify(files.map(file => `${root}${file}`))}) await import(file)
    process.stdout.write(JSON.stringify([...names]))
    process.exit()`
  const { stdout } = await run(['--input-type=module', '--eval', script])
  return JSON.parse(stdout)
}

const run = (args: readonly string[]) => promisify(execFile)(process.execPath, args, { cwd: root })
