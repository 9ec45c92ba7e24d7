// The sign of GenAI Stack: three layers.
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#4f46e5" />
      <g fill="none" stroke="#fff" strokeWidth="2.4" strokeLinejoin="round" strokeLinecap="round">
        <path d="m16 6.5 9 4.6-9 4.6-9-4.6z" fill="#fff" />
        <path d="m7 16 9 4.6 9-4.6" />
        <path d="m7 20.9 9 4.6 9-4.6" opacity=".65" />
      </g>
    </svg>
  );
}
