// The command line: its verbs, each a file of its own behind the files that name them. stdout is the result, stderr the progress.
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it
import { endBySignals } from '../../bin/early-signals.mjs'
import { addCallVerbs } from './calls/call-verbs.ts'
import { addEndpointVerbs } from './endpoint-verbs.ts'
import { exitMeanings } from './exit-codes.ts'
import { callThings, callVerbs } from './generated/call-verbs.ts'
import { groupVerbs } from './help-groups.ts'
import { addInstanceVerbs } from './instance-verbs.ts'
import { addCopyVerbs, addLogVerbs } from './log-verbs.ts'
import { watchOutput } from './lost-output.ts'
import { completeVerbs, helpText, runProgram, takeEnvFile, tolerant } from './run-program.ts'
import { addSendVerbs } from './send-verbs.ts'
import { addUpkeepVerbs } from './upkeep-verbs.ts'
import { addVerbsThatRun } from './verbs-that-run.ts'
import { version } from './version.ts'

const outputLost = watchOutput()

export const program = tolerant(new Command('zaplog'))
  .description('The event log for WhatsApp.')
  .version(version)
  .addHelpText(
    'after',
    helpText(`
zaplog help messages says what it can do with messages, zaplog help archive finds the verbs that have to do with that, and zaplog help all lists every one.

Verbs other than start, demo, simulate, dev, doctor, migrate, topics, schemas, completion, version and help speak HTTP to ZAPLOG_URL [http://HOST:PORT, or http://127.0.0.1:7070] with the key in ADMIN_API_KEY, in the file that ADMIN_API_KEY_FILE names, or in DATA_DIR/admin-key [./data/admin-key].

Exit codes:
${exitMeanings.map(({ code, when }) => `  ${code}  ${when}`).join('\n')}

With --json, stdout has one JSON document (webhooks listen, events tail, migrate and lag --watch: a line for each thing that happens), or nothing where something went wrong: then the last line of stderr is a problem in JSON.`),
  )

const running = addVerbsThatRun(program, outputLost)
addInstanceVerbs(program, outputLost)
addEndpointVerbs(program, outputLost)
addSendVerbs(program)
addCopyVerbs(program)
addCallVerbs(program, { verbs: callVerbs, things: callThings }, async (verb, typed) =>
  (await import('./calls/run-call.ts')).runCall(verb, typed),
)
addLogVerbs(program, outputLost)
const upkeep = addUpkeepVerbs(program, outputLost)

/** They end in order when they are told to; the others have nothing that a signal could leave behind. */
const orderly: readonly Command[] = [...running, ...upkeep]
program.hook('preAction', async (_program, verb) => {
  takeEnvFile(verb)
  if (!orderly.includes(verb)) await endBySignals()
})
completeVerbs(program)
groupVerbs(program)

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) await runProgram(program, process.argv)
