// Icons by the names that the server gives node types. The usual ones are at hand; others are fetched when they are met.
import { Box, Library, type LucideIcon, MessageCircleReply, MessageSquare, Sparkles } from "lucide-react";
import { lazy, Suspense } from "react";

const AT_HAND: Readonly<Record<string, LucideIcon>> = {
  library: Library,
  sparkles: Sparkles,
  "message-square": MessageSquare,
  "message-circle-reply": MessageCircleReply,
};
const OtherIcon = lazy(() => import("./other-icon").catch(() => ({ default: () => <Box /> })));

type IconProps = { name: string | undefined; className?: string };

export function Icon({ name, className }: IconProps) {
  const props = { "aria-hidden": true, ...(className ? { className } : {}) };
  const Known = AT_HAND[name ?? ""];
  if (Known) return <Known {...props} />;
  if (!name) return <Box {...props} />;
  return (
    <Suspense fallback={<Box {...props} />}>
      <OtherIcon name={name} {...props} />
    </Suspense>
  );
}
