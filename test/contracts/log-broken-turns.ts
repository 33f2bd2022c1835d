// Logs that break what consumeLanes promises about turns in its lanes.
import type { EventLog, InTurn } from '../../src/log/log.ts'
import type { BrokenLog } from './log-broken.ts'

const never = new AbortController().signal

const turns = (change: (inTurn: InTurn) => InTurn) => (log: EventLog) => ({
  ...log,
  consumeLanes: (...asked: Parameters<EventLog['consumeLanes']>) => {
    const consumption = log.consumeLanes(...asked)
    return { ...consumption, inTurn: change(consumption.inTurn) }
  },
})
const atOnce: InTurn = async (_record, work) => {
  await work(never)
  return true
}

export const brokenTurns: readonly BrokenLog[] = [
  { title: 'lets a turn run beside its lane', breaks: 'a turn in a lane comes behind', log: turns(() => atOnce) },
  {
    title: 'has a turn in a lane of its own',
    breaks: 'a turn in a lane comes behind',
    log: turns(
      inTurn =>
        (record, ...rest) =>
          inTurn({ ...record, key: `${record.key}, turns` }, ...rest),
    ),
  },
  {
    title: 'lets turns run beyond maxConcurrency',
    breaks: 'a turn in a lane is one of maxConcurrency',
    log: turns(() => atOnce),
  },
  {
    title: 'swallows what failed in a turn',
    breaks: 'a turn in a lane whose work fails',
    log: turns(inTurn => (record, work, signal) => inTurn(record, told => work(told).catch(() => undefined), signal)),
  },
  { title: 'gives turns to whoever asks', breaks: 'no turn is had once', log: turns(() => atOnce) },
  {
    title: 'tells no turn that it is somebody else’s',
    breaks: 'a turn in a lane is told',
    log: turns(inTurn => (record, work, signal) => inTurn(record, () => work(never), signal)),
  },
]
