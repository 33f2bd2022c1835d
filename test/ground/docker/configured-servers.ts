// Servers with what docker-compose.yml tells their containers, on ports of this machine.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach } from 'vitest'
import { createLogger } from '../../../src/runtime/logger.ts'
import { type ComposeService, makeSecrets, readCompose } from './compose-file.ts'

export const START_MS = 300_000 // the first run of a machine fetches them
export const secrets = makeSecrets()
export const file = readCompose(secrets)
export const logger = createLogger({ level: 'silent' })
export const never = new AbortController().signal

/** A directory of its own for each test. Call at the top of a test file. */
export function directoryForEach(): () => string {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'zaplog-docker-'))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))
  return () => directory
}

/** Resolves true where the container's health check, on other ports, finds its server well. */
export async function isHealthy({ healthcheck }: ComposeService, ports: Readonly<Record<string, number>>): Promise<boolean> {
  const [, program = '', ...args] = (healthcheck?.test ?? []).map(text => onPorts(text, ports))
  return promisify(execFile)(program, args).then(
    () => true,
    () => false, // what a health check says is its exit code
  )
}

/** Whole numbers only: 9092 is not part of 19092. */
export const onPorts = (text: string, ports: Readonly<Record<string, number>>): string =>
  text.replaceAll(/\d+/g, number => String(ports[number] ?? number))
