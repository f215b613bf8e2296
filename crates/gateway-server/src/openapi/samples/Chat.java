import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class Chat {
    public static void main(String[] arguments) throws Exception {
        String body = """
            {"model": "default", "messages": [{"role": "user", "content": "What is the capital of Norway?"}]}""";
        HttpRequest request = HttpRequest.newBuilder()
            .uri(URI.create(System.getenv("GATEWAY_URL") + "/chat/completions"))
            .header("Authorization", "Bearer " + System.getenv("GATEWAY_API_KEY"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
        HttpResponse<String> answer = HttpClient.newHttpClient()
            .send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(answer.statusCode() + " " + answer.body());
    }
}
