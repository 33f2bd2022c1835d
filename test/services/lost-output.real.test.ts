// Guarantee: zaplog dev services, whose output nobody reads or nothing takes, ends in one sentence, as every verb that lasts.
import { describe } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { endsWithItsOutput } from '../contracts/lost-output.ts'
import { runsHere } from '../ground/runs-here.ts'

const args = ['dev', 'services', '--only', 's3', '--fresh', '--port-base', '0']

describe.runIf(await runsHere('s3'))('dev services', () =>
  endsWithItsOutput({ args, last: 'stopping', whenGone: exitCodes.done }),
)
