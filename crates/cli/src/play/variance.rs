//! What was wrong with what came: the hub looks for it for two weeks; then the movement planner decides how it ends. Some nobody decides in
//! time, and the nations that gave the goods are told.

use serde_json::json;

use super::{Play, known::pages, people::text, wire::escaped};
use crate::Failure;

/// Every so manieth is left as it is.
const LEFT: usize = 4;

impl Play {
    /// Decides how variances end that wait for the mission.
    pub(super) async fn variances(&mut self) -> Result<(), Failure> {
        let planner = self.cast.person(&self.wire, "movement").await?;
        let asked = "/api/v1/variances?waits_for=mission&limit=1000";
        for variance in pages(&self.wire, &planner, asked, "variances").await? {
            let code = text(&variance, "code");
            let resolution = match text(&variance, "kind").as_str() {
                "short" => "lost",
                "damaged" => "to_repair",
                // What is too much waits for two who count it.
                _ => continue,
            };
            if !self.looked_at.insert(code.clone()) {
                continue;
            }
            if self.looked_at.len().is_multiple_of(LEFT) {
                continue;
            }
            let body = json!({ "resolution": resolution, "reason": "looked for two weeks, decided" });
            let reply = self.act(&planner, &format!("/api/v1/variances/{}/resolve", escaped(&code)), &body).await?;
            if reply.is_done() {
                self.decided += 1;
            } else {
                self.refused.push(format!("variance {code}: {}", reply.why()));
            }
        }
        Ok(())
    }
}
