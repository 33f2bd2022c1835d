// Guarantee: demo and dev services, whose output nobody reads or nothing takes, end in one sentence, as every verb that lasts.
import { describe } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { endsWithItsOutput } from '../contracts/lost-output.ts'
import { runsHere } from '../ground/runs-here.ts'

const done = { last: 'the demo has ended', whenGone: exitCodes.done }
const services = ['dev', 'services', '--only', 's3', '--fresh', '--port-base', '0']

describe('demo', () => endsWithItsOutput({ args: ['demo'], ...done }))

describe('demo --once, of which most was not played', () =>
  endsWithItsOutput({ args: ['demo', '--once'], ...done, whenGone: exitCodes.failed }))

describe.runIf(await runsHere('s3'))('dev services', () =>
  endsWithItsOutput({ args: services, last: 'stopping', whenGone: exitCodes.done }),
)
