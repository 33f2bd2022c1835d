// What a person sees while parts are looked at: on a terminal what was found of each as soon as it is done, and below it what is waited for; elsewhere
// nothing before the end.
import type { Finding, Looked, Watching } from '../main/finding.ts'
import { reportOf, summaryOf } from './doctor-report.ts'
import { columnsOf } from './fit-terminal.ts'
import { drawnLine, type Progress } from './progress-line.ts'

export type DoctorScreen = Watching & {
  /** Whatever is not there yet of all that was found, and how many there are. */
  end(findings: readonly Finding[]): void
}
type Out = { write(text: string): unknown; isTTY?: boolean; columns?: number }

/** What is found of it is replaced by what the zaplog that runs says, which comes later. */
const toldAtTheEnd = 'whatsapp'

export function openDoctorScreen(out: Out = process.stdout, terminal = process.env.TERM): DoctorScreen {
  const drawn = drawnLine(out, terminal)
  const waitsFor = new Set<string>()
  const looked: Looked[] = []
  const shown = new Set<Finding>()

  function print(findings: readonly Finding[]): void {
    const tookMs = new Map(looked.map(one => [one.part, one.tookMs]))
    for (const line of reportOf(findings, columnsOf(out), tookMs)) out.write(`${line}\n`)
    for (const one of findings) shown.add(one)
  }

  return {
    began: part => {
      waitsFor.add(part)
      drawn?.show(progressOf([...waitsFor]))
    },
    looked: one => {
      waitsFor.delete(one.part)
      looked.push(one)
      drawn?.close()
      if (drawn !== null && one.part !== toldAtTheEnd) print(one.findings)
      if (waitsFor.size > 0) drawn?.show(progressOf([...waitsFor]))
    },
    end: findings => {
      drawn?.close()
      print(findings.filter(one => !shown.has(one)))
      out.write(`\n${summaryOf(findings)}\n`)
    },
  }
}

/** As many of them as there is room for. */
function progressOf([first = '', ...others]: readonly string[]): Progress {
  const said = [`waiting for ${first}`, ...others]
  return { share: null, stage: first, said, line: said.join(', ') }
}
