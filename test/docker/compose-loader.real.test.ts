// Guarantee: Compose's own loader, with its schema and its interpolation, reads docker-compose.yml as the other tests here do.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { environmentOf, makeSecrets, readCompose, readRoot, rootFile } from '../ground/docker/compose-file.ts'
import { fetchComposeLoader } from '../ground/docker/compose-loader.ts'
import { runsHere } from '../ground/runs-here.ts'

describe.runIf(await runsHere('compose-loader'))('Compose’s own loader', () => {
  const secrets = makeSecrets()
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'zaplog-compose-'))
    await symlink(rootFile('infra'), join(directory, 'infra'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  /** Rejects with what the loader says against it. */
  async function load(text: string, env: Readonly<Record<string, string>>) {
    await writeFile(join(directory, 'docker-compose.yml'), text)
    const program = join(await fetchComposeLoader(), 'loader')
    const { stdout } = await promisify(execFile)(program, [], { cwd: directory, env: { PATH: process.env.PATH ?? '', ...env } })
    return JSON.parse(stdout)
  }

  test('[H4] accepts the file, and fills it in as we do', async () => {
    const loaded = await load(readRoot('docker-compose.yml'), secrets)
    const ours = readCompose(secrets)
    expect(Object.keys(loaded.services).toSorted()).toEqual(Object.keys(ours.services).toSorted())
    for (const [name, service] of Object.entries(ours.services)) {
      const theirs = loaded.services[name]
      expect([name, stringly(theirs.environment)]).toEqual([name, environmentOf(service)])
      expect([name, theirs.cap_drop, theirs.command ?? undefined]).toEqual([name, ['ALL'], service.command])
      expect([name, theirs.healthcheck?.test]).toEqual([name, service.healthcheck?.test])
    }
  })

  test('[I2] stops at each secret that is not set, with the command that sets it', async () => {
    for (const name of Object.keys(secrets))
      await expect(load(readRoot('docker-compose.yml'), { ...secrets, [name]: '' })).rejects.toThrow(
        `required variable ${name} is missing a value: run ./zaplog dev secrets`,
      )
  })

  test('[H4] refuses what is not of Compose', async () => {
    const text = readRoot('docker-compose.yml')
    const misspelt = text.replace('    read_only: true', '    readonly: true')
    expect(misspelt).not.toBe(text)
    await expect(load(misspelt, secrets)).rejects.toThrow(/readonly/)
  })
})

/** The loader answers numbers where the file has them. */
const stringly = (environment: Readonly<Record<string, unknown>> = {}) =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]))
