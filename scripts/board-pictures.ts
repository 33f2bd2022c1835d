// `npm run board-pictures`: lives through the incident of test/scenarios/incident.real.test.ts, keeps what the boards' queries answered, and draws the boards of
// it. It takes some minutes, Kafka, a registry, an S3 server and Prometheus on this machine. What is drawn alone, `npm run generate` does.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { answersPath, generatePictures } from './generate-pictures.ts'

mkdirSync(dirname(answersPath), { recursive: true })
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project=real', 'test/scenarios/incident.real.test.ts']
const { status } = spawnSync(process.execPath, vitest, {
  env: { ...process.env, BOARD_ANSWERS: resolve(answersPath) },
  stdio: 'inherit',
})
if (status === 0) for (const [path, content] of generatePictures()) writeFileSync(path, content)
process.exitCode = status ?? 1
