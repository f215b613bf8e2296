using System.Net.Http.Headers;
using System.Net.Http.Json;

using var client = new HttpClient();
client.DefaultRequestHeaders.Authorization =
    new AuthenticationHeaderValue("Bearer", Environment.GetEnvironmentVariable("GATEWAY_API_KEY"));
var answer = await client.PostAsJsonAsync(
    Environment.GetEnvironmentVariable("GATEWAY_URL") + "/chat/completions",
    new
    {
        model = "default",
        messages = new[] { new { role = "user", content = "What is the capital of Norway?" } },
    });
Console.WriteLine(await answer.Content.ReadAsStringAsync());
