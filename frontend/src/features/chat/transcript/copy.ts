// Copies to the clipboard, and says so for a moment.
import { useEffect, useState } from "react";
import { toast } from "@/ui/toast";

const SHOWN_MS = 1500;

export function useCopy(): [copied: boolean, copy: (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (text: string) => {
    const failed = () =>
      toast("The browser did not allow copying. Select the text and copy it yourself.", { tone: "bad" });
    navigator.clipboard.writeText(text).then(() => setCopied(true), failed);
  };
  return [copied, copy];
}
