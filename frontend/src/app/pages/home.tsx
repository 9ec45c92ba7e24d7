// The first page: My Stacks.
import { Page } from "@/app/page";
import { MyStacks } from "@/features/stacks";

export function Home() {
  return (
    <Page title="My stacks">
      <MyStacks />
    </Page>
  );
}
