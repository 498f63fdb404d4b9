import { Component, type ReactNode } from 'react'
import { ProblemNotice } from './problem-notice.tsx'

/** React offers no function for this: what is thrown while drawing becomes a notice instead of an empty page. */
export class CrashNotice extends Component<{ children: ReactNode }, { crashed: Error | null }> {
  override state: { crashed: Error | null } = { crashed: null }

  static getDerivedStateFromError(crashed: Error) {
    return { crashed }
  }

  override render() {
    const { crashed } = this.state
    return crashed === null ? this.props.children : <ProblemNotice error={crashed} page />
  }
}
