// The code to scan, as SVG, dark on white in any scheme; it is replaced as the next ones come, until a phone has scanned one.
import { useComputed } from '@preact/signals'
import { qr, restartChosen } from './desk.ts'
import type { Instance } from './instance-rows.ts'
import { say, sayFailure } from './language.ts'
import { qrPath } from './qr-path.ts'
import type { QrState } from './qr-state.ts'

export function QrView({ instance }: { instance: Instance }) {
  const shown = useComputed(() => (qr.value.name === 'showing' ? qrPath(qr.value.qr) : null))
  return (
    <section aria-labelledby="qr-heading">
      <h3 id="qr-heading">{say('qrHeading')}</h3>
      <p>{say('qrHow')}</p>
      {shown.value !== null && (
        <svg
          class={qr.value.name === 'showing' && qr.value.isStale ? 'qr stale' : 'qr'}
          role="img"
          aria-label={say('qrLabel', { name: instance.name })}
          viewBox={`0 0 ${shown.value.size} ${shown.value.size}`}
          shape-rendering="crispEdges"
        >
          <rect width="100%" height="100%" fill="#fff" />
          <path d={shown.value.path} fill="#000" />
        </svg>
      )}
      <p role="status">{sayQr(qr.value)}</p>
      {qr.value.name === 'parked' && (
        <button type="button" onClick={() => void restartChosen()}>
          {say('qrRestart')}
        </button>
      )}
    </section>
  )
}

function sayQr(state: QrState): string {
  switch (state.name) {
    case 'waiting':
      return say('qrWaiting')
    case 'showing':
      return say(state.isStale ? 'qrStale' : 'qrShowing')
    case 'paired':
      return say('qrPaired')
    case 'parked':
      return [say('qrParked'), state.failure === null ? '' : sayFailure(state.failure)].join(' ').trim()
    case 'restarting':
      return say('qrRestarting')
  }
}
